// Command statemanager is the State Manager: the daemon, and the commands that speak to it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/engine"
)

// Exit codes of every command.
const (
	exitFailed      = 1 // the command was understood and did not succeed
	exitUsage       = 2 // the command, a flag, a file or the request is wrong: nothing was changed
	exitNotFound    = 3
	exitUnavailable = 4 // the daemon could not be reached, or could not do it then
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cmd, err := rootCommand().ExecuteContextC(ctx)
	if err == nil {
		return
	}
	text, code := explainError(err)
	fmt.Fprintf(os.Stderr, "%s: %s\n", cmd.CommandPath(), text)
	stop()
	os.Exit(code)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "statemanager",
		Short: "Keeps the services of vehicle and edge nodes running, by policies that you can edit, test and read back",
		Long: `The State Manager takes the state differences that NodeAgents report, asks Rego policies what to do about
them, and has ActionControllers do it.

Exit codes: 0 done, 1 failed, 2 wrong usage or input (nothing was changed), 3 no such thing, 4 the daemon cannot be reached, or cannot do it now.`,
		Args:          args(cobra.NoArgs),
		RunE:          needsCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c := &client{}
	root.AddGroup(&cobra.Group{ID: "daemon", Title: "Run it:"}, &cobra.Group{ID: "ask", Title: "Ask and tell a running one:"})
	root.AddCommand(runCommand(), demoCommand(), exampleCommand())
	for _, cmd := range []*cobra.Command{applyCommand(c), deleteCommand(c), getCommand(c), eventsCommand(c), watchCommand(c), explainCommand(c), strategyCommand(c), actionsCommand(c),
		retryCommand(c), resolveCommand(c), pauseCommand(c), resumeCommand(c), factsCommand(c), versionCommand(c)} {
		c.flags(cmd.PersistentFlags())
		addAsking(root, cmd)
	}
	addAsking(root, policyCommand(c))
	return root
}

func addAsking(root, cmd *cobra.Command) {
	cmd.GroupID = "ask"
	root.AddCommand(cmd)
}

// needsCommand is the work of a command that has only commands below it.
func needsCommand(cmd *cobra.Command, _ []string) error {
	return usagef("which command? see: %s --help", cmd.CommandPath())
}

// usageError is an error of what the user typed or wrote.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// args turns cobra's argument check into a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, a []string) error {
		err := check(cmd, a)
		switch {
		case err == nil:
			return nil
		case len(a) == 0 || !strings.HasPrefix(err.Error(), "unknown command"): // so cobra calls an argument where none is taken
			return usagef("%w; usage: %s", err, cmd.UseLine())
		case cmd.HasSubCommands():
			return usagef("unknown command %q%s; see: %s --help", a[0], meant(cmd, a[0]), cmd.CommandPath())
		}
		return usagef("it takes no argument such as %q; usage: %s", a[0], cmd.UseLine())
	}
}

// meant are the commands that one may have had in mind.
func meant(cmd *cobra.Command, name string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return ""
}

// explainError is what the user reads of an error, and the exit code.
func explainError(err error) (string, int) {
	var use usageError
	if errors.As(err, &use) {
		return err.Error(), exitUsage
	}
	var e *engine.Error
	if errors.As(err, &e) {
		return err.Error(), codeOf(e.Kind)
	}
	var remote interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &remote) {
		return err.Error(), exitFailed
	}
	st := remote.GRPCStatus()
	switch st.Code() {
	case codes.InvalidArgument, codes.ResourceExhausted, codes.Unimplemented:
		return st.Message(), exitUsage
	case codes.NotFound:
		return withListing(st.Message()), exitNotFound
	case codes.Unavailable:
		if errors.As(err, new(refusal)) {
			return st.Message(), exitUnavailable
		}
		return "cannot reach the daemon: " + st.Message() + "; is it running, is --address right, and does it want TLS (--tls-ca) or a certificate (--tls-cert, --tls-key)?", exitUnavailable
	case codes.DeadlineExceeded:
		return "the daemon did not answer in time (--timeout): what was asked may still be done", exitUnavailable
	}
	return st.Message(), exitFailed
}

// withListing adds to what was not found the command that shows what there is, unless it names one.
func withListing(text string) string {
	switch {
	case strings.Contains(text, "`statemanager "):
		return text
	case strings.HasPrefix(text, "no action "):
		return text + "; see: statemanager actions"
	}
	return text + "; see: statemanager get services"
}

// codeOf is the exit code of a kind of error.
func codeOf(k engine.ErrorKind) int {
	switch k {
	case engine.Invalid:
		return exitUsage
	case engine.NotFound:
		return exitNotFound
	case engine.Unavailable:
		return exitUnavailable
	}
	return exitFailed
}
