package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const crc32Header = "X-Amz-Checksum-Crc32"

// upload is a multipart upload in progress.
type upload struct {
	bucket, key   string
	headers       http.Header
	tagging       []byte
	checksumType  string
	checksumKind  string
	initiated     time.Time
	parts         map[int]part
	partDirectory string // with -keep
}

// part is the record of a part.
type part struct {
	size  int64
	etag  string
	crc32 string // in S3's encoding
}

// buffers hold request bodies. They are large enough that TLS dominates, not the number of reads.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func (s *s3) create(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	s.lock.Lock()
	s.created++
	id := fmt.Sprintf("upload-%d", s.created)
	current := &upload{
		bucket: bucket, key: key, headers: metadata(r.Header), tagging: tagDocument(r.Header.Get("X-Amz-Tagging")),
		checksumType: r.Header.Get("X-Amz-Checksum-Type"), checksumKind: r.Header.Get("X-Amz-Checksum-Algorithm"),
		initiated: time.Now(), parts: map[int]part{},
	}
	s.uploads[id] = current
	s.lock.Unlock()
	if s.keep != "" {
		current.partDirectory = filepath.Join(s.keep, ".parts", id)
		if err := os.MkdirAll(current.partDirectory, 0o700); err != nil {
			return err
		}
	}
	if current.checksumKind != "" {
		w.Header().Set("X-Amz-Checksum-Algorithm", current.checksumKind)
		w.Header().Set("X-Amz-Checksum-Type", current.checksumType)
	}
	content := element("Bucket", bucket) + element("Key", key) + element("UploadId", id)
	return document(w, "InitiateMultipartUploadResult", content)
}

func (s *s3) uploadPart(w http.ResponseWriter, r *http.Request, id string) error {
	current, err := s.running(id)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return &s3Error{http.StatusBadRequest, "InvalidArgument", "part number"}
	}
	path := ""
	if current.partDirectory != "" {
		path = filepath.Join(current.partDirectory, strconv.Itoa(number))
	}
	size, err := s.receive(r, path)
	if err != nil {
		return err
	}
	arrived := part{size: size, etag: fmt.Sprintf(`"%032x"`, size), crc32: r.Header.Get(crc32Header)}
	s.lock.Lock()
	current.parts[number] = arrived
	s.lock.Unlock()
	w.Header().Set("ETag", arrived.etag)
	if arrived.crc32 != "" {
		w.Header().Set(crc32Header, arrived.crc32)
	}
	return nil
}

// receive reads a request body. It discards the body, or stores it in a file and verifies its CRC-32.
func (s *s3) receive(r *http.Request, path string) (int64, error) {
	var to io.Writer = io.Discard
	sum := crc32.NewIEEE()
	if path != "" {
		if r.Header.Get("X-Amz-Decoded-Content-Length") != "" {
			return 0, &s3Error{http.StatusNotImplemented, "NotImplemented", "-keep does not support aws-chunked bodies"}
		}
		file, err := os.Create(path)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		to = io.MultiWriter(file, sum)
	}
	buffer := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buffer)
	size := int64(0)
	for {
		n, err := r.Body.Read(buffer[:])
		size += int64(n)
		if to != io.Discard {
			if _, err := to.Write(buffer[:n]); err != nil {
				return 0, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	s.lock.Lock()
	s.received += size
	s.lock.Unlock()
	if expected := r.Header.Get(crc32Header); path != "" && expected != "" && expected != encodeCRC32(sum.Sum32()) {
		return 0, &s3Error{http.StatusBadRequest, "BadDigest", "the CRC-32 is " + encodeCRC32(sum.Sum32())}
	}
	if decoded, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		size = decoded
	}
	return size, nil
}

func (s *s3) complete(w http.ResponseWriter, r *http.Request, id string) error {
	current, err := s.running(id)
	if err != nil {
		return err
	}
	var request struct {
		Parts []struct {
			PartNumber int
			ETag       string
		} `xml:"Part"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&request); err != nil {
		return &s3Error{http.StatusBadRequest, "MalformedXML", err.Error()}
	}
	stored := &object{headers: current.headers, tagging: current.tagging, modified: time.Now()}
	last := 0
	for _, each := range request.Parts {
		received, ok := current.parts[each.PartNumber]
		if !ok || strings.Trim(each.ETag, `"`) != strings.Trim(received.etag, `"`) || each.PartNumber <= last {
			return &s3Error{http.StatusBadRequest, "InvalidPart", fmt.Sprint(each.PartNumber)}
		}
		stored.size += received.size
		last = each.PartNumber
	}
	if expected := r.Header.Get("X-Amz-Mp-Object-Size"); expected != "" && expected != fmt.Sprint(stored.size) {
		return &s3Error{http.StatusBadRequest, "InvalidRequest", fmt.Sprintf("the parts are %d bytes", stored.size)}
	}
	if sum := r.Header.Get(crc32Header); sum != "" {
		stored.headers.Set(crc32Header, sum)
		stored.headers.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	stored.etag = fmt.Sprintf(`"%032x-%d"`, stored.size, len(request.Parts))
	if current.partDirectory != "" {
		if err := s.join(current, last, r.Header.Get(crc32Header)); err != nil {
			return err
		}
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	name := current.bucket + "/" + current.key
	if s.objects[name] != nil && r.Header.Get("If-None-Match") == "*" {
		return &s3Error{http.StatusPreconditionFailed, "PreconditionFailed", "the object exists"}
	}
	s.objects[name] = stored
	delete(s.uploads, id)
	content := element("Bucket", current.bucket) + element("Key", current.key) + element("ETag", stored.etag)
	return document(w, "CompleteMultipartUploadResult", content+element("ChecksumCRC32", stored.headers.Get(crc32Header)))
}

// join concatenates the stored parts to one file and verifies its CRC-32.
func (s *s3) join(current *upload, last int, expected string) error {
	path := filepath.Join(s.keep, current.key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := crc32.NewIEEE()
	for number := 1; number <= last; number++ {
		arrived, err := os.Open(filepath.Join(current.partDirectory, strconv.Itoa(number)))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.MultiWriter(file, sum), arrived)
		arrived.Close()
		if err != nil {
			return err
		}
	}
	if expected != "" && expected != encodeCRC32(sum.Sum32()) {
		return &s3Error{http.StatusBadRequest, "BadDigest", "the CRC-32 of the whole is " + encodeCRC32(sum.Sum32())}
	}
	return os.RemoveAll(current.partDirectory)
}

func (s *s3) abort(w http.ResponseWriter, id string) error {
	current, err := s.running(id)
	if err != nil {
		return err
	}
	s.lock.Lock()
	delete(s.uploads, id)
	s.lock.Unlock()
	if current.partDirectory != "" {
		_ = os.RemoveAll(current.partDirectory)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *s3) listParts(w http.ResponseWriter, id string) error {
	current, err := s.running(id)
	if err != nil {
		return err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	numbers := []int{}
	for number := range current.parts {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	content := element("Bucket", current.bucket) + element("Key", current.key) + element("UploadId", id) +
		element("ChecksumAlgorithm", current.checksumKind) + element("ChecksumType", current.checksumType) +
		element("IsTruncated", "false")
	for _, number := range numbers {
		received := current.parts[number]
		content += "<Part>" + element("PartNumber", strconv.Itoa(number)) + element("ETag", received.etag) +
			element("Size", fmt.Sprint(received.size)) + element("ChecksumCRC32", received.crc32) + "</Part>"
	}
	return document(w, "ListPartsResult", content)
}

func (s *s3) listUploads(w http.ResponseWriter, bucket, prefix string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	content := element("Bucket", bucket) + element("IsTruncated", "false")
	for id, current := range s.uploads {
		if current.bucket == bucket && strings.HasPrefix(current.key, prefix) {
			content += "<Upload>" + element("Key", current.key) + element("UploadId", id) +
				element("Initiated", current.initiated.UTC().Format(time.RFC3339)) + "</Upload>"
		}
	}
	return document(w, "ListMultipartUploadsResult", content)
}

func (s *s3) running(id string) (*upload, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if current := s.uploads[id]; current != nil {
		return current, nil
	}
	return nil, &s3Error{http.StatusNotFound, "NoSuchUpload", id}
}

// encodeCRC32 encodes a CRC-32 as S3 does.
func encodeCRC32(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}
