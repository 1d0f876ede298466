package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// usage is what a process took, with the children it waited for.
type usage struct {
	WallSeconds  float64 `json:"wall_seconds"`
	CPUSeconds   float64 `json:"cpu_seconds"`
	PeakRSSBytes int64   `json:"peak_rss_bytes"`
	// WrittenBytes is what it caused to be written to local disks.
	WrittenBytes int64 `json:"written_bytes"`
	ExitStatus   int   `json:"exit_status"`
}

// measure runs a command. A process of its own does that because Linux counts the memory of the process that starts
// another one into the peak of the started: this one is small.
func measure(arguments []string) error {
	flags := flag.NewFlagSet("measure", flag.ExitOnError)
	report := flags.String("report", "", "file to write the figures to, as JSON")
	_ = flags.Parse(arguments)
	command := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	began := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	if err := untilEnded(command.Process.Pid); err != nil {
		return err
	}
	found := usage{WallSeconds: time.Since(began).Seconds(), WrittenBytes: written(command.Process.Pid)}
	_ = command.Wait()
	state := command.ProcessState
	found.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
	found.PeakRSSBytes = state.SysUsage().(*syscall.Rusage).Maxrss << 10
	found.ExitStatus = state.ExitCode()
	content, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return os.WriteFile(*report, content, 0o600)
}

// untilEnded waits for the end of a process and leaves its entry in /proc.
func untilEnded(pid int) error {
	const onlyThis = 1 // P_PID
	var information [128]byte
	for {
		_, _, number := syscall.Syscall6(
			syscall.SYS_WAITID, onlyThis, uintptr(pid), uintptr(unsafe.Pointer(&information)),
			syscall.WEXITED|syscall.WNOWAIT, 0, 0,
		)
		if number == 0 {
			return nil
		}
		if number != syscall.EINTR {
			return fmt.Errorf("waitid: %w", number)
		}
	}
}

// written is the write_bytes of a process; -1 where the kernel does not tell.
func written(pid int) int64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return -1
	}
	for _, line := range strings.Split(string(content), "\n") {
		var count int64
		if n, _ := fmt.Sscanf(line, "write_bytes: %d", &count); n == 1 {
			return count
		}
	}
	return -1
}
