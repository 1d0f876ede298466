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

// upload is a multipart upload that is running.
type upload struct {
	bucket, key   string
	headers       http.Header
	tagging       []byte
	checksumType  string
	checksumKind  string
	began         time.Time
	parts         map[int]part
	partDirectory string // with -keep
}

// part is what is known of a part.
type part struct {
	size  int64
	etag  string
	crc32 string // as S3 writes it
}

// buffers are for bodies: large enough that TLS, not the calls, is the work.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func (s *s3) create(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	s.lock.Lock()
	s.made++
	id := fmt.Sprintf("upload-%d", s.made)
	begun := &upload{
		bucket: bucket, key: key, headers: kept(r.Header), tagging: tagsOf(r.Header.Get("X-Amz-Tagging")),
		checksumType: r.Header.Get("X-Amz-Checksum-Type"), checksumKind: r.Header.Get("X-Amz-Checksum-Algorithm"),
		began: time.Now(), parts: map[int]part{},
	}
	s.uploads[id] = begun
	s.lock.Unlock()
	if s.keep != "" {
		begun.partDirectory = filepath.Join(s.keep, ".parts", id)
		if err := os.MkdirAll(begun.partDirectory, 0o700); err != nil {
			return err
		}
	}
	if begun.checksumKind != "" {
		w.Header().Set("X-Amz-Checksum-Algorithm", begun.checksumKind)
		w.Header().Set("X-Amz-Checksum-Type", begun.checksumType)
	}
	content := element("Bucket", bucket) + element("Key", key) + element("UploadId", id)
	return document(w, "InitiateMultipartUploadResult", content)
}

func (s *s3) uploadPart(w http.ResponseWriter, r *http.Request, id string) error {
	begun, err := s.running(id)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return &refusal{http.StatusBadRequest, "InvalidArgument", "part number"}
	}
	path := ""
	if begun.partDirectory != "" {
		path = filepath.Join(begun.partDirectory, strconv.Itoa(number))
	}
	size, err := s.take(r, path)
	if err != nil {
		return err
	}
	arrived := part{size: size, etag: fmt.Sprintf(`"%032x"`, size), crc32: r.Header.Get(crc32Header)}
	s.lock.Lock()
	begun.parts[number] = arrived
	s.lock.Unlock()
	w.Header().Set("ETag", arrived.etag)
	if arrived.crc32 != "" {
		w.Header().Set(crc32Header, arrived.crc32)
	}
	return nil
}

// take reads a body: it is forgotten, or kept in a file once its CRC-32 is the one that was told.
func (s *s3) take(r *http.Request, path string) (int64, error) {
	var to io.Writer = io.Discard
	sum := crc32.NewIEEE()
	if path != "" {
		if r.Header.Get("X-Amz-Decoded-Content-Length") != "" {
			return 0, &refusal{http.StatusNotImplemented, "NotImplemented", "-keep takes no aws-chunked bodies"}
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
	if told := r.Header.Get(crc32Header); path != "" && told != "" && told != written32(sum.Sum32()) {
		return 0, &refusal{http.StatusBadRequest, "BadDigest", "the CRC-32 is " + written32(sum.Sum32())}
	}
	if decoded, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		size = decoded
	}
	return size, nil
}

func (s *s3) complete(w http.ResponseWriter, r *http.Request, id string) error {
	begun, err := s.running(id)
	if err != nil {
		return err
	}
	var asked struct {
		Parts []struct {
			PartNumber int
			ETag       string
		} `xml:"Part"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil {
		return &refusal{http.StatusBadRequest, "MalformedXML", err.Error()}
	}
	made := &object{headers: begun.headers, tagging: begun.tagging, modified: time.Now()}
	last := 0
	for _, each := range asked.Parts {
		there, ok := begun.parts[each.PartNumber]
		if !ok || strings.Trim(each.ETag, `"`) != strings.Trim(there.etag, `"`) || each.PartNumber <= last {
			return &refusal{http.StatusBadRequest, "InvalidPart", fmt.Sprint(each.PartNumber)}
		}
		made.size += there.size
		last = each.PartNumber
	}
	if told := r.Header.Get("X-Amz-Mp-Object-Size"); told != "" && told != fmt.Sprint(made.size) {
		return &refusal{http.StatusBadRequest, "InvalidRequest", fmt.Sprintf("the parts are %d bytes", made.size)}
	}
	if sum := r.Header.Get(crc32Header); sum != "" {
		made.headers.Set(crc32Header, sum)
		made.headers.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	made.etag = fmt.Sprintf(`"%032x-%d"`, made.size, len(asked.Parts))
	if begun.partDirectory != "" {
		if err := s.join(begun, last, r.Header.Get(crc32Header)); err != nil {
			return err
		}
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	name := begun.bucket + "/" + begun.key
	if s.objects[name] != nil && r.Header.Get("If-None-Match") == "*" {
		return &refusal{http.StatusPreconditionFailed, "PreconditionFailed", "there is an object"}
	}
	s.objects[name] = made
	delete(s.uploads, id)
	content := element("Bucket", begun.bucket) + element("Key", begun.key) + element("ETag", made.etag)
	return document(w, "CompleteMultipartUploadResult", content+element("ChecksumCRC32", made.headers.Get(crc32Header)))
}

// join makes one file of the parts that were kept, and compares its CRC-32.
func (s *s3) join(begun *upload, last int, told string) error {
	path := filepath.Join(s.keep, begun.key)
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
		arrived, err := os.Open(filepath.Join(begun.partDirectory, strconv.Itoa(number)))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.MultiWriter(file, sum), arrived)
		arrived.Close()
		if err != nil {
			return err
		}
	}
	if told != "" && told != written32(sum.Sum32()) {
		return &refusal{http.StatusBadRequest, "BadDigest", "the CRC-32 of the whole is " + written32(sum.Sum32())}
	}
	return os.RemoveAll(begun.partDirectory)
}

func (s *s3) abort(w http.ResponseWriter, id string) error {
	begun, err := s.running(id)
	if err != nil {
		return err
	}
	s.lock.Lock()
	delete(s.uploads, id)
	s.lock.Unlock()
	if begun.partDirectory != "" {
		_ = os.RemoveAll(begun.partDirectory)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *s3) listParts(w http.ResponseWriter, id string) error {
	begun, err := s.running(id)
	if err != nil {
		return err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	numbers := []int{}
	for number := range begun.parts {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	content := element("Bucket", begun.bucket) + element("Key", begun.key) + element("UploadId", id) +
		element("ChecksumAlgorithm", begun.checksumKind) + element("ChecksumType", begun.checksumType) +
		element("IsTruncated", "false")
	for _, number := range numbers {
		there := begun.parts[number]
		content += "<Part>" + element("PartNumber", strconv.Itoa(number)) + element("ETag", there.etag) +
			element("Size", fmt.Sprint(there.size)) + element("ChecksumCRC32", there.crc32) + "</Part>"
	}
	return document(w, "ListPartsResult", content)
}

func (s *s3) listUploads(w http.ResponseWriter, bucket, prefix string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	content := element("Bucket", bucket) + element("IsTruncated", "false")
	for id, begun := range s.uploads {
		if begun.bucket == bucket && strings.HasPrefix(begun.key, prefix) {
			content += "<Upload>" + element("Key", begun.key) + element("UploadId", id) +
				element("Initiated", begun.began.UTC().Format(time.RFC3339)) + "</Upload>"
		}
	}
	return document(w, "ListMultipartUploadsResult", content)
}

func (s *s3) running(id string) (*upload, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if begun := s.uploads[id]; begun != nil {
		return begun, nil
	}
	return nil, &refusal{http.StatusNotFound, "NoSuchUpload", id}
}

// written32 is a CRC-32 as S3 writes it.
func written32(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}
