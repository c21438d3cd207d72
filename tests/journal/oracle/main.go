// The journal's exports, checked by golang.org/x/mod/sumdb, which knows nothing of us.
//
//	oracle checkpoint VKEY CHECKPOINT
//	oracle inclusion VKEY PROOF ENTRY
//	oracle consistency VKEY PROOF OLD_CHECKPOINT
//	oracle tiles VKEY FOLDER INDEX
//
// It prints "ok" and exits with 0, or says why not and exits with 1.
package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("too few arguments")
	}
	verifier, err := note.NewVerifier(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "checkpoint":
		_, err = openFile(args[2], verifier)
		return err
	case "inclusion":
		return inclusion(args[2], args[3], verifier)
	case "consistency":
		return consistency(args[2], args[3], verifier)
	case "tiles":
		return tiles(args[2], args[3], verifier)
	}
	return errors.New("unknown command")
}

func openFile(path string, verifier note.Verifier) (tlog.Tree, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	return open(raw, verifier)
}

func open(raw []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// proof splits "first line(s), hashes, empty line, checkpoint" and gives number after keyword.
func proof(path, header, keyword string, verifier note.Verifier) (int64, []tlog.Hash, tlog.Tree, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, tlog.Tree{}, err
	}
	head, signed, found := bytes.Cut(raw, []byte("\n\n"))
	begin := header + keyword + " "
	if !found || !strings.HasPrefix(string(head), begin) {
		return 0, nil, tlog.Tree{}, errors.New("not a proof file")
	}
	lines := strings.Split(strings.TrimPrefix(string(head), begin), "\n")
	number, err := strconv.ParseInt(lines[0], 10, 64)
	if err != nil {
		return 0, nil, tlog.Tree{}, err
	}
	var hashes []tlog.Hash
	for _, line := range lines[1:] {
		decoded, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(decoded) != tlog.HashSize {
			return 0, nil, tlog.Tree{}, errors.New("not a hash")
		}
		var hash tlog.Hash
		copy(hash[:], decoded)
		hashes = append(hashes, hash)
	}
	tree, err := open(signed, verifier)
	return number, hashes, tree, err
}

func inclusion(path, entryPath string, verifier note.Verifier) error {
	index, hashes, tree, err := proof(path, "c2sp.org/tlog-proof@v1\n", "index", verifier)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(hashes), tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func consistency(path, oldPath string, verifier note.Verifier) error {
	size, hashes, tree, err := proof(path, "", "old", verifier)
	if err != nil {
		return err
	}
	old, err := openFile(oldPath, verifier)
	if err != nil {
		return err
	}
	if old.N != size {
		return errors.New("the proof is for another size")
	}
	return tlog.CheckTree(tlog.TreeProof(hashes), tree.N, tree.Hash, old.N, old.Hash)
}

// folder serves C2SP tile files to Go, whose own paths carry the tile height.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		data = append(data, content)
	}
	return data, nil
}

// tiles lets Go make the proof itself, from our tiles and against our signed root, for an entry from our bundle.
func tiles(path, indexText string, verifier note.Verifier) error {
	tree, err := openFile(filepath.Join(path, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(indexText, 10, 64)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, folder(path)))
	if err != nil {
		return err
	}
	entry, err := bundled(path, index, tree.N)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func bundled(path string, index, size int64) ([]byte, error) {
	tile := tlog.Tile{H: 8, L: 0, N: index / 256, W: 256}
	if rest := size - tile.N*256; rest < 256 {
		tile.W = int(rest)
	}
	name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(path, name))
	if err != nil {
		return nil, err
	}
	for skip := index % 256; ; skip-- {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			return nil, errors.New("not an entry bundle")
		}
		end := 2 + int(data[0])<<8 + int(data[1])
		if skip == 0 {
			return data[2:end], nil
		}
		data = data[end:]
	}
}
