package agent

import (
	"errors"
	"fmt"
	"os"
	"time"

	"sshell/interp/plan"
)

// errRefused says that an agent runs and is none that this client can use.
var errRefused = errors.New("install sshell and its agent from one build")

// greet says hello and looks at the agent's. An error that wraps errRefused is a *remote.NotStartedError.
func (p *program) greet(cfg *Config) error {
	body, err := plan.Marshal(hello{protocol, cfg.Build})
	if err != nil {
		return err
	}
	if err := p.socket.send(kindHello, 0, body, nil); err != nil {
		return err
	}
	_ = p.socket.file.SetReadDeadline(time.Now().Add(cfg.Patience)) // sockets have deadlines
	f, err := readFrame(p.socket)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return p.refuse(fmt.Sprintf("said no hello in %v", cfg.Patience))
	}
	if errors.Is(err, errFrame) {
		return p.refuse("is no agent of sshell")
	}
	if err != nil {
		return err
	}
	f.close()
	_ = p.socket.file.SetReadDeadline(time.Time{})
	var theirs hello
	switch {
	case f.kind != kindHello || plan.Unmarshal(f.body, &theirs) != nil:
		return p.refuse("is no agent of sshell")
	case theirs.Protocol != protocol:
		return p.refuse(fmt.Sprintf("speaks protocol %d, this shell %d", theirs.Protocol, protocol))
	case theirs.Build != cfg.Build:
		return p.refuse(fmt.Sprintf("is of version %s, this shell of %s", theirs.Build, cfg.Build))
	}
	return nil
}

func (p *program) refuse(why string) error {
	return notStarted(fmt.Errorf("agent: %s: %s: %w", p.path, why, errRefused))
}
