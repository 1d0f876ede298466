package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func (s *s3) putObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	path := ""
	if s.keep != "" {
		path = filepath.Join(s.keep, key)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	size, err := s.take(r, path)
	if err != nil {
		return err
	}
	made := &object{
		size: size, etag: fmt.Sprintf(`"%032x"`, size), modified: time.Now(),
		headers: kept(r.Header), tagging: tagsOf(r.Header.Get("X-Amz-Tagging")),
	}
	if sum := r.Header.Get(crc32Header); sum != "" {
		made.headers.Set(crc32Header, sum)
		w.Header().Set(crc32Header, sum)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.objects[bucket+"/"+key] != nil && r.Header.Get("If-None-Match") == "*" {
		return &refusal{http.StatusPreconditionFailed, "PreconditionFailed", "there is an object"}
	}
	s.objects[bucket+"/"+key] = made
	w.Header().Set("ETag", made.etag)
	return nil
}

func (s *s3) tagging(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	found := s.objects[bucket+"/"+key]
	if found == nil {
		return &refusal{http.StatusNotFound, "NoSuchKey", bucket + "/" + key}
	}
	if r.Method == http.MethodPut {
		found.tagging = content
		return nil
	}
	w.Header().Set("Content-Type", "application/xml")
	_, err = w.Write(found.tagging)
	return err
}
