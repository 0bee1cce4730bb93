package flow

import (
	"sync"
	"time"
)

// late runs pumps whose processes take longer than soon. All share one timer: one for each would wake a thread for each.
type late struct {
	mu      sync.Mutex
	waiting map[*pump]time.Time // since when
	armed   bool
}

// lateness is for all pumps of this process.
var lateness = late{waiting: make(map[*pump]time.Time)}

func (l *late) add(p *pump) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[p] = time.Now()
	l.arm()
}

// remove reports whether the pump has not been run, and now will not be.
func (l *late) remove(p *pump) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.waiting[p]
	delete(l.waiting, p)
	return ok
}

func (l *late) arm() {
	if !l.armed && len(l.waiting) > 0 {
		l.armed = true
		time.AfterFunc(soon, l.run)
	}
}

func (l *late) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, since := range l.waiting {
		if time.Since(since) >= soon/2 {
			delete(l.waiting, p)
			p.run()
		}
	}
	l.armed = false
	l.arm()
}
