package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// parting is how long the last of a pipeline may stay behind it: functions look for their end every 2 s.
const parting = 15 * time.Second

// left waits for the last of a pipeline to go, and says what stays: objects of its runs, and processes. What it has said of an
// earlier pipeline it does not say again.
func (g *ground) left(mark string) string {
	var left []string
	for end := time.Now().Add(parting); ; time.Sleep(50 * time.Millisecond) {
		left = slices.DeleteFunc(append(g.leftObjects(), leftProcesses(mark)...), func(name string) bool { return g.told[name] })
		if len(left) == 0 || time.Now().After(end) {
			break
		}
	}
	for _, name := range left {
		g.told[name] = true
	}
	return strings.Join(left, ", ")
}

// leftObjects lists what is in the bucket under tmp/, and the uploads that have not ended.
func (g *ground) leftObjects() []string {
	names, _ := filepath.Glob(filepath.Join(g.objects, uploads))
	filepath.WalkDir(filepath.Join(g.objects, "tmp"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() { // what is being removed meanwhile is not left
			names = append(names, path)
		}
		return nil
	})
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], g.objects+"/")
	}
	return names
}

// uploads are the folders in which the S3 server keeps the parts of multipart uploads, in a bucket's: one below each key's.
const uploads = ".sgwtmp/multipart/*/*"

// leftProcesses lists processes with the variable mark in their environment.
func leftProcesses(mark string) []string {
	var list []string
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range files {
		env, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			continue
		}
		command, err := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		if err == nil && len(command) > 0 { // one that has ended has none
			list = append(list, "process "+filepath.Base(filepath.Dir(f))+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return list
}
