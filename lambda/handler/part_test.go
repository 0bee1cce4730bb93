package handler

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// agentFlag makes the test's own program an agent, as Config.Agent.
const agentFlag = "--agent"

// parting is the main of an agent: it waits until it is asked to go, and leaves a file when it does; a stubborn one stays.
func parting(file string, stubborn bool) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	if err := os.WriteFile(file+".pid", []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		panic(err)
	}
	<-asked
	if stubborn {
		select {}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		panic(err)
	}
	os.Exit(0)
}
