package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
)

// meter stands before a service, and counts the bytes of all connections that are made to it instead, both ways. It changes
// none: requests are signed with the name under which the service was reached, and the service checks them with that one.
type meter struct {
	listener net.Listener
	service  string // host and port
	bytes    atomic.Int64

	mu     sync.Mutex
	open   map[net.Conn]bool // nil when it is closed
	copies sync.WaitGroup
}

// newMeter stands before the service of a URL.
func newMeter(service string) (*meter, error) {
	u, err := url.Parse(service)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a meter: %w", err)
	}
	m := &meter{listener: listener, service: u.Host, open: make(map[net.Conn]bool)}
	m.copies.Go(m.accept)
	return m, nil
}

// url is where the service is reached through the meter.
func (m *meter) url() string { return "http://" + m.listener.Addr().String() }

// close ends the connections.
func (m *meter) close() {
	m.listener.Close()
	m.mu.Lock()
	for c := range m.open {
		c.Close()
	}
	m.open = nil
	m.mu.Unlock()
	m.copies.Wait()
}

func (m *meter) accept() {
	for {
		near, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.copies.Go(func() { m.serve(near) })
	}
}

// serve connects two ends until one of them has closed both ways.
func (m *meter) serve(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", m.service)
	if err != nil {
		return
	}
	defer far.Close()
	if !m.keep(near, far) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { m.copy(far, near) })
	both.Go(func() { m.copy(near, far) })
	both.Wait()
	m.mu.Lock()
	delete(m.open, near)
	delete(m.open, far)
	m.mu.Unlock()
}

// keep notes connections for close. It is false after it.
func (m *meter) keep(conns ...net.Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		return false
	}
	for _, c := range conns {
		m.open[c] = true
	}
	return true
}

func (m *meter) copy(to, from net.Conn) {
	io.Copy(counted{to, &m.bytes}, from)
	to.(*net.TCPConn).CloseWrite()
}

// counted counts what is written when it is, as connections stay open.
type counted struct {
	io.Writer
	bytes *atomic.Int64
}

// Write implements io.Writer.
func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}
