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

// usage holds the resources that a process used, with the children it waited for.
type usage struct {
	WallSeconds  float64 `json:"wall_seconds"`
	CPUSeconds   float64 `json:"cpu_seconds"`
	PeakRSSBytes int64   `json:"peak_rss_bytes"`
	// WrittenBytes counts writes to local disks; -1 where the kernel does not report them.
	WrittenBytes int64 `json:"written_bytes"`
	ExitStatus   int   `json:"exit_status"`
}

// measure runs a command and reports its usage. It is a separate, small process because Linux includes the memory of a
// parent process in the peak of its child.
func measure(arguments []string) error {
	flags := flag.NewFlagSet("measure", flag.ExitOnError)
	report := flags.String("report", "", "file to write the figures to, as JSON")
	_ = flags.Parse(arguments)
	command := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	if err := waitForExit(command.Process.Pid); err != nil {
		return err
	}
	used := usage{WallSeconds: time.Since(start).Seconds(), WrittenBytes: writtenBytes(command.Process.Pid)}
	_ = command.Wait()
	state := command.ProcessState
	used.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
	used.PeakRSSBytes = state.SysUsage().(*syscall.Rusage).Maxrss << 10
	used.ExitStatus = state.ExitCode()
	content, err := json.Marshal(used)
	if err != nil {
		return err
	}
	return os.WriteFile(*report, content, 0o600)
}

// waitForExit waits until a process exits, without removing its entry in /proc.
func waitForExit(pid int) error {
	const byPID = 1 // P_PID
	var information [128]byte
	for {
		_, _, number := syscall.Syscall6(
			syscall.SYS_WAITID, byPID, uintptr(pid), uintptr(unsafe.Pointer(&information)),
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

// writtenBytes returns the write_bytes of a process; -1 where the kernel does not report them.
func writtenBytes(pid int) int64 {
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
