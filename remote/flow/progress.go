package flow

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sshell/remote/ledger"
)

// progress shows on a terminal how far a run is.
type progress struct {
	w     *os.File
	l     *ledger.Ledger
	total int64 // 0 if that is not known
	slots int
	bar   bool
	began time.Time
	quit  chan struct{}
	ended chan struct{}
}

// progressInterval is how often the line is drawn anew.
const progressInterval = 200 * time.Millisecond

func startProgress(w *os.File, l *ledger.Ledger, total int64, slots int, bar bool) *progress {
	p := &progress{w: w, l: l, total: total, slots: slots, bar: bar, began: time.Now(), quit: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	return p
}

func (p *progress) run() {
	defer close(p.ended)
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line())
		select {
		case <-ticker.C:
		case <-p.quit:
			fmt.Fprintf(p.w, "\r\x1b[K%s\n", p.line())
			return
		}
	}
}

// stop draws the last line. A nil progress shows nothing.
func (p *progress) stop() {
	if p != nil {
		close(p.quit)
		<-p.ended
	}
}

// barWidth is the width of a full bar, in characters.
const barWidth = 40

// line is what is shown: GNU parallel's figures, without colours.
func (p *progress) line() string {
	t := p.l.Totals()
	left := max(p.total-t.Done, 0)
	var eta time.Duration
	if t.Done > 0 {
		eta = time.Duration(float64(time.Since(p.began)) / float64(t.Done) * float64(left)).Round(time.Second)
	}
	if !p.bar {
		average := 0.0
		if t.Done > 0 {
			average = time.Since(p.began).Seconds() / float64(t.Done)
		}
		return fmt.Sprintf("ETA: %v Left: %d AVG: %.2fs  local:%d/%d/100%%/%.1fs", eta, left, average, t.Running, t.Done, average)
	}
	if p.total == 0 {
		return fmt.Sprintf("%d done", t.Done)
	}
	full := int(barWidth * t.Done / p.total)
	return fmt.Sprintf("%3d%% %d:%d=%v [%s%s]", 100*t.Done/p.total, t.Done, left, eta,
		strings.Repeat("#", full), strings.Repeat(" ", barWidth-full))
}

// isTerminal reports whether f is one.
func isTerminal(f *os.File) bool {
	fd, err := descriptor(f)
	if err != nil {
		return false
	}
	_, err = unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	return err == nil
}
