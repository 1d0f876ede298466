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
	size, err := s.receive(r, path)
	if err != nil {
		return err
	}
	stored := &object{
		size: size, etag: fmt.Sprintf(`"%032x"`, size), modified: time.Now(),
		headers: metadata(r.Header), tagging: tagDocument(r.Header.Get("X-Amz-Tagging")),
	}
	if sum := r.Header.Get(crc32Header); sum != "" {
		stored.headers.Set(crc32Header, sum)
		w.Header().Set(crc32Header, sum)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.objects[bucket+"/"+key] != nil && r.Header.Get("If-None-Match") == "*" {
		return &s3Error{http.StatusPreconditionFailed, "PreconditionFailed", "the object exists"}
	}
	s.objects[bucket+"/"+key] = stored
	w.Header().Set("ETag", stored.etag)
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
		return &s3Error{http.StatusNotFound, "NoSuchKey", bucket + "/" + key}
	}
	if r.Method == http.MethodPut {
		found.tagging = content
		return nil
	}
	w.Header().Set("Content-Type", "application/xml")
	_, err = w.Write(found.tagging)
	return err
}
