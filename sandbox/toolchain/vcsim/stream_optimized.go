package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// The layout of a stream-optimized VMDK. Source: VMware "Virtual Disk Format 5.0", section "Stream-Optimized Compressed
// Sparse Extents".
const (
	sectorBytes  = 512
	grainSectors = 128
	tableEntries = 512
	directoryEnd = ^uint64(0) // the footer locates the directory
	flags        = 0x30001    // valid line ends, compressed grains, markers
)

// Types of markers.
const (
	endOfStream = iota
	grainTable
	grainDirectory
	footer
)

var descriptorStart = []byte("# Disk DescriptorFile")

// sectors writes whole sectors and counts them.
type sectors struct {
	out     io.Writer
	written uint64
	err     error
}

func (s *sectors) write(data []byte) {
	if s.err != nil {
		return
	}
	padded := append(data, make([]byte, (sectorBytes-len(data)%sectorBytes)%sectorBytes)...)
	_, s.err = s.out.Write(padded)
	s.written += uint64(len(padded) / sectorBytes)
}

func (s *sectors) marker(size uint64, kind uint32) {
	marker := binary.LittleEndian.AppendUint64(nil, size)
	marker = binary.LittleEndian.AppendUint32(marker, 0)
	s.write(binary.LittleEndian.AppendUint32(marker, kind))
}

// writeStreamOptimized writes the content of a flat disk. Grains of zeros are left out.
func writeStreamOptimized(out io.Writer, flat *os.File) error {
	info, err := flat.Stat()
	if err != nil {
		return err
	}
	capacity := (uint64(info.Size()) + sectorBytes - 1) / sectorBytes
	w := &sectors{out: out}
	w.write(header(capacity, directoryEnd))
	w.write(fmt.Appendf(nil, "%s\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n\nRDONLY %d SPARSE \"disk.vmdk\"\n",
		descriptorStart, capacity))
	w.write(make([]byte, (grainSectors-w.written)*sectorBytes))
	grains := (capacity + grainSectors - 1) / grainSectors
	var directory []byte
	for first := uint64(0); first < grains && w.err == nil; first += tableEntries {
		table := make([]byte, tableEntries*4)
		isUsed := false
		for number := nextData(flat, first); number < min(first+tableEntries, grains); number = nextData(flat, number+1) {
			grain := make([]byte, grainSectors*sectorBytes)
			if _, err := flat.ReadAt(grain, int64(number)*int64(len(grain))); err != nil && err != io.EOF {
				return err
			}
			if bytes.Count(grain, []byte{0}) == len(grain) {
				continue
			}
			isUsed = true
			binary.LittleEndian.PutUint32(table[(number-first)*4:], uint32(w.written))
			packed := compressed(grain)
			head := binary.LittleEndian.AppendUint64(nil, number*grainSectors)
			head = binary.LittleEndian.AppendUint32(head, uint32(len(packed)))
			w.write(append(head, packed...))
		}
		at := uint32(0)
		if isUsed {
			w.marker(tableEntries*4/sectorBytes, grainTable)
			at = uint32(w.written)
			w.write(table)
		}
		directory = binary.LittleEndian.AppendUint32(directory, at)
	}
	w.marker((uint64(len(directory))+sectorBytes-1)/sectorBytes, grainDirectory)
	at := w.written
	w.write(directory)
	w.marker(1, footer)
	w.write(header(capacity, at))
	w.marker(0, endOfStream)
	return w.err
}

// nextData returns the first grain from this one on that is not a hole of the file, where the system reports holes.
func nextData(flat *os.File, number uint64) uint64 {
	const seekData = 3 // SEEK_DATA of Linux
	at, err := flat.Seek(int64(number)*grainSectors*sectorBytes, seekData)
	switch {
	case err == nil:
		return max(number, uint64(at)/(grainSectors*sectorBytes))
	case errors.Is(err, syscall.ENXIO): // only a hole is left
		return ^uint64(0)
	}
	return number
}

func header(capacity, directory uint64) []byte {
	head := []byte("KDMV")
	head = binary.LittleEndian.AppendUint32(head, 3)
	head = binary.LittleEndian.AppendUint32(head, flags)
	// The descriptor has one sector and follows the header. The first grain follows after the size of one grain.
	for _, value := range []uint64{capacity, grainSectors, 1, 1} {
		head = binary.LittleEndian.AppendUint64(head, value)
	}
	head = binary.LittleEndian.AppendUint32(head, tableEntries)
	for _, value := range []uint64{0, directory, grainSectors} {
		head = binary.LittleEndian.AppendUint64(head, value)
	}
	head = append(head, 0, '\n', ' ', '\r', '\n')
	return binary.LittleEndian.AppendUint16(head, 1) // DEFLATE
}

func compressed(grain []byte) []byte {
	var packed bytes.Buffer
	writer := zlib.NewWriter(&packed)
	_, _ = writer.Write(grain) // a buffer accepts every write
	_ = writer.Close()
	return packed.Bytes()
}
