package main

import (
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
	region    = "eu-west-1"
)

// s3 serves the S3 calls of a transfer. It records size and metadata of each object and discards the bytes, unless a
// folder to keep them is given.
type s3 struct {
	files, keep string

	lock     sync.Mutex
	uploads  map[string]*upload
	objects  map[string]*object
	created  int            // uploads so far, for their ids
	requests map[string]int // by operation, since the last read of the counters
	received int64          // bytes in bodies, likewise
	sent     int64
}

// object is the record of an object.
type object struct {
	size     int64
	etag     string
	modified time.Time
	headers  http.Header // x-amz-meta-*, checksums
	tagging  []byte      // the document of PutObjectTagging
}

// s3Error is an error response of S3.
type s3Error struct {
	status  int
	code    string
	message string
}

func (e *s3Error) Error() string { return e.code + ": " + e.message }

func newS3(files, keep string) *s3 {
	return &s3{
		files: files, keep: keep,
		uploads: map[string]*upload{}, objects: map[string]*object{}, requests: map[string]int{},
	}
}

func (s *s3) serve(listener net.Listener, certificate string) error {
	pair, err := selfSigned(certificate)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:      s,
		TLSConfig:    &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1, like S3
		ErrorLog:     log.New(os.Stderr, "", 0),
	}
	ready(listener)
	return server.ServeTLS(listener, "", "")
}

// ServeHTTP answers one call. The path is /bucket/key: AWS clients use path style where the host is an IP address.
func (s *s3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/-/counters" {
		s.answerCounters(w)
		return
	}
	w.Header().Set("X-Amz-Request-Id", "benchmark") // every response of AWS has one
	if r.URL.Path == "/" && r.Method == http.MethodPost {
		answerIdentity(w)
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	name := operation(r, key)
	s.lock.Lock()
	s.requests[name]++
	s.lock.Unlock()
	if err := s.answer(w, r, name, bucket, key); err != nil {
		failure, ok := err.(*s3Error)
		if !ok {
			failure = &s3Error{http.StatusInternalServerError, "InternalError", err.Error()}
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(failure.status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>", failure.code)
		_ = xml.EscapeText(w, []byte(failure.message))
		fmt.Fprint(w, "</Message></Error>")
	}
}

// operation returns S3's name for a call.
func operation(r *http.Request, key string) string {
	query := r.URL.Query()
	if key == "" {
		switch {
		case r.Method == http.MethodHead:
			return "HeadBucket"
		case query.Has("uploads"):
			return "ListMultipartUploads"
		case query.Has("location"):
			return "GetBucketLocation"
		case query.Has("policy"):
			return "GetBucketPolicy"
		case query.Has("encryption"):
			return "GetBucketEncryption"
		}
		return r.Method + " bucket?" + r.URL.RawQuery
	}
	if query.Has("uploadId") {
		return map[string]string{
			"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts",
		}[r.Method]
	}
	if query.Has("tagging") {
		return map[string]string{"PUT": "PutObjectTagging", "GET": "GetObjectTagging"}[r.Method]
	}
	if query.Has("uploads") {
		return "CreateMultipartUpload"
	}
	return map[string]string{"PUT": "PutObject", "HEAD": "HeadObject", "GET": "GetObject", "DELETE": "DeleteObject"}[r.Method]
}

func (s *s3) answer(w http.ResponseWriter, r *http.Request, name, bucket, key string) error {
	id := r.URL.Query().Get("uploadId")
	switch name {
	case "HeadBucket":
		w.Header().Set("X-Amz-Bucket-Region", region)
		return nil
	case "GetBucketLocation":
		return document(w, "LocationConstraint", region)
	case "GetBucketPolicy":
		return &s3Error{http.StatusNotFound, "NoSuchBucketPolicy", bucket}
	case "GetBucketEncryption":
		return &s3Error{http.StatusNotFound, "ServerSideEncryptionConfigurationNotFoundError", bucket}
	case "CreateMultipartUpload":
		return s.create(w, r, bucket, key)
	case "UploadPart":
		return s.uploadPart(w, r, id)
	case "CompleteMultipartUpload":
		return s.complete(w, r, id)
	case "AbortMultipartUpload":
		return s.abort(w, id)
	case "ListParts":
		return s.listParts(w, id)
	case "ListMultipartUploads":
		return s.listUploads(w, bucket, r.URL.Query().Get("prefix"))
	case "PutObject":
		return s.putObject(w, r, bucket, key)
	case "HeadObject", "GetObject":
		return s.getObject(w, r, bucket, key)
	case "DeleteObject":
		s.lock.Lock()
		delete(s.objects, bucket+"/"+key)
		s.lock.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "PutObjectTagging", "GetObjectTagging":
		return s.tagging(w, r, bucket, key)
	}
	// S3 answers 501, which clients repeat for minutes.
	return &s3Error{http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method + " " + r.URL.String()}
}

// answerIdentity answers sts:GetCallerIdentity, the only call of a transfer to another service.
func answerIdentity(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>bench</UserId><Account>123456789012</Account>`+
		`</GetCallerIdentityResult></GetCallerIdentityResponse>`)
}

// answerCounters returns the counters and resets them.
func (s *s3) answerCounters(w http.ResponseWriter) {
	s.lock.Lock()
	defer s.lock.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]any{
		"requests": s.requests, "received_bytes": s.received, "sent_bytes": s.sent,
	})
	s.requests, s.received, s.sent = map[string]int{}, 0, 0
}

func (s *s3) getObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	for _, path := range s.paths(bucket, key) {
		if file, err := os.Open(path); err == nil {
			defer file.Close()
			status, err := file.Stat()
			if err != nil || status.IsDir() {
				continue
			}
			w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, status.Size(), status.ModTime().UnixNano()))
			s.describe(w, bucket, key)
			if wanted := r.Header.Get("If-Match"); wanted != "" && wanted[0] != '"' {
				r.Header.Set("If-Match", strconv.Quote(wanted)) // S3 accepts both
			}
			counted := &counter{ResponseWriter: w}
			http.ServeContent(counted, r, "", status.ModTime(), file)
			s.lock.Lock()
			s.sent += counted.bytes
			s.lock.Unlock()
			return nil
		}
	}
	if found := s.describe(w, bucket, key); found == nil {
		return &s3Error{http.StatusNotFound, "NoSuchKey", bucket + "/" + key}
	} else if r.Method == http.MethodGet {
		return &s3Error{http.StatusNotImplemented, "NotImplemented", "uploads are discarded: start with -keep"}
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(found.size))
	}
	return nil
}

// paths returns the files that may hold the bytes of an object.
func (s *s3) paths(bucket, key string) (candidates []string) {
	for _, path := range []string{s.files, s.keep} {
		if path != "" && filepath.IsLocal(key) {
			candidates = append(candidates, filepath.Join(path, key))
		}
	}
	return candidates
}

// describe writes the metadata of an object to the response headers.
func (s *s3) describe(w http.ResponseWriter, bucket, key string) *object {
	s.lock.Lock()
	defer s.lock.Unlock()
	found := s.objects[bucket+"/"+key]
	if found == nil {
		return nil
	}
	for name, values := range found.headers {
		w.Header()[name] = values
	}
	w.Header().Set("ETag", found.etag)
	w.Header().Set("Last-Modified", found.modified.UTC().Format(http.TimeFormat))
	if found.tagging != nil {
		w.Header().Set("X-Amz-Tagging-Count", "1")
	}
	return found
}

// counter counts the bytes of a response body.
type counter struct {
	http.ResponseWriter
	bytes int64
}

func (c *counter) Write(data []byte) (int, error) {
	n, err := c.ResponseWriter.Write(data)
	c.bytes += int64(n)
	return n, err
}

// metadata returns the request headers that S3 stores with an object.
func metadata(head http.Header) http.Header {
	found := http.Header{}
	for name, values := range head {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			found[strings.ToLower(name)] = values // lower case, as S3 returns them
		}
	}
	return found
}

// document writes an XML response of one element around content that is XML already.
func document(w http.ResponseWriter, element, content string) error {
	w.Header().Set("Content-Type", "application/xml")
	_, err := fmt.Fprintf(w, "<%s xmlns=%q>%s</%s>", element, namespace, content, element)
	return err
}

// element returns an XML element with escaped text.
func element(name, text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text))
	return "<" + name + ">" + escaped.String() + "</" + name + ">"
}

// tagDocument converts the x-amz-tagging header, a query string, to an XML document.
func tagDocument(query string) []byte {
	values, _ := url.ParseQuery(query)
	if len(values) == 0 {
		return nil
	}
	var tags strings.Builder
	for name := range values {
		tags.WriteString("<Tag>" + element("Key", name) + element("Value", values.Get(name)) + "</Tag>")
	}
	return []byte(`<Tagging xmlns="` + namespace + `"><TagSet>` + tags.String() + "</TagSet></Tagging>")
}
