package settings

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	// The parser alone: what decodes into structs links reflection, and the usual package for that reads the time zone at
	// each start of the shell.
	toml "github.com/pelletier/go-toml/v2/unstable"
)

// entry is a line of a file: a key with its value, or, with no name, the head of a table.
type entry struct {
	place string // file and line
	table string // that it is in
	array bool   // the table is one of an array of tables
	name  string
	text  string
	list  []string // of a list of strings, else nil
}

func (e entry) single() error {
	if e.list != nil {
		return errors.New("it has one value, not a list")
	}
	return nil
}

// parse reads TOML and hands over its entries in order. done is called at the end of each table.
func parse(path string, data []byte, take func(entry) error, done func() error) error {
	var p toml.Parser
	p.Reset(data)
	line := func(offset uint32) string {
		return fmt.Sprintf("%s:%d", path, 1+bytes.Count(data[:offset], []byte{'\n'}))
	}
	e := entry{}
	seen := map[string]bool{}
	for p.NextExpression() {
		n := p.Expression()
		name, offset := dotted(n)
		e.place, e.name, e.text, e.list = line(offset), "", "", nil
		var err error
		switch n.Kind {
		case toml.Table, toml.ArrayTable:
			if err := done(); err != nil {
				return err
			}
			e.table, e.array = name, n.Kind == toml.ArrayTable
			clear(seen)
		case toml.KeyValue:
			e.name = name
			if seen[name] {
				err = errors.New("it is set twice")
				break
			}
			seen[name] = true
			e.text, e.list, err = plain(n.Value())
		}
		if err == nil {
			err = take(e)
		}
		if err != nil {
			if e.name != "" {
				err = placed(shown(e.name), err)
			}
			return placed(e.place, err)
		}
	}
	if err := p.Error(); err != nil {
		return syntaxError(&p, err, path, line)
	}
	return done()
}

// dotted gives the name of a key or table, and where it stands.
func dotted(n *toml.Node) (name string, offset uint32) {
	if n.Kind != toml.Table && n.Kind != toml.ArrayTable && n.Kind != toml.KeyValue {
		return "", n.Raw.Offset
	}
	for it := n.Key(); it.Next(); {
		if k := it.Node(); name == "" {
			name, offset = string(k.Data), k.Raw.Offset
		} else {
			name += "." + string(k.Data)
		}
	}
	return name, offset
}

// shown is a name for a message of one line.
func shown(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == "" {
		return name
	}
	return strconv.Quote(name)
}

// plain gives a value as text.
func plain(n *toml.Node) (text string, list []string, err error) {
	switch n.Kind {
	case toml.String, toml.Bool:
		return string(n.Data), nil, nil
	case toml.Integer:
		i, err := strconv.ParseInt(string(n.Data), 0, 64) // which takes TOML's forms: 1_769, 0x6e9, +5
		if err != nil {
			return "", nil, fmt.Errorf("%s: it is too large", n.Data)
		}
		return strconv.FormatInt(i, 10), nil, nil
	case toml.Array:
		list = []string{}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == toml.Comment {
				continue
			}
			if it.Node().Kind != toml.String {
				return "", nil, errors.New("it is a list of strings")
			}
			list = append(list, string(it.Node().Data))
		}
		return "", list, nil
	}
	return "", nil, errors.New("it is text or a number")
}

// syntaxError is the parser's error with its place.
func syntaxError(p *toml.Parser, err error, path string, line func(uint32) string) error {
	var bad *toml.ParserError
	if !errors.As(err, &bad) || bad.Highlight == nil {
		return placed(path, err)
	}
	return placed(line(p.Range(bad.Highlight).Offset), errors.New(bad.Message))
}
