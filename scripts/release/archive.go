package main

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path"
	"path/filepath"
	"time"
)

// A file is one of an archive.
type file struct {
	from string
	name string // in the archive, below its folder
	mode int64
}

// files are those of a platform's archive, in their order.
func files(bin string) (all []file) {
	for _, program := range programs {
		all = append(all, file{filepath.Join(bin, program), program, 0o755})
	}
	for _, name := range beside {
		all = append(all, file{filepath.FromSlash(name), path.Base(name), 0o644})
	}
	return all
}

// writeArchive writes files below one folder, all of the time of the commit and
// of nobody.
func writeArchive(to, folder string, at time.Time, all []file) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	packed, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packed)
	for _, one := range all {
		if err := add(archive, folder, at, one); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return f.Close()
}

func add(archive *tar.Writer, folder string, at time.Time, one file) error {
	data, err := os.ReadFile(one.from)
	if err != nil {
		return err
	}
	head := &tar.Header{Name: path.Join(folder, one.name), Mode: one.mode, Size: int64(len(data)), ModTime: at.UTC(), Format: tar.FormatUSTAR}
	if err := archive.WriteHeader(head); err != nil {
		return err
	}
	_, err = archive.Write(data)
	return err
}
