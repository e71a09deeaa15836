package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"statemanager/adapters/api"
)

// standBy tells everybody who leads, until the function that it returns is called.
func (d *daemon) standBy(ctx context.Context) (end func(), err error) {
	l, opts, err := d.listen(ctx)
	if err != nil {
		return nil, err
	}
	s := api.Standby(d.store.Leader, opts...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); err != nil {
			d.log.Warn("what stands by is not served", "error", err)
		}
	}()
	return func() { s.Stop(); <-done }, nil
}

// follow asks the leader where a daemon that stands by has refused a call and named it: nothing was done by that call.
func (c *client) follow(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	var trailer metadata.MD
	opts = append(opts, grpc.Trailer(&trailer))
	err := invoke(ctx, method, req, reply, conn, opts...)
	leader := leaderIn(trailer)
	if err == nil || leader == "" {
		return refused(err, trailer)
	}
	to, bad := c.leader(leader)
	if bad != nil {
		return bad
	}
	defer to.Close()
	trailer = nil
	err = to.Invoke(ctx, method, req, reply, opts...)
	return refused(err, trailer)
}

// refusal is an error that a daemon has answered, apart from those of the way to it.
type refusal struct{ *status.Status }

func (r refusal) Error() string { return r.Err().Error() }

// GRPCStatus is gRPC's.
func (r refusal) GRPCStatus() *status.Status { return r.Status }

// refused is the error of a call: a refusal if a trailer has come, which has at least its type.
func refused(err error, trailer metadata.MD) error {
	if err == nil || len(trailer) == 0 {
		return err
	}
	return refusal{status.Convert(err)}
}

// leaderIn is the leader's address that a daemon that stands by has sent; "" if it has not.
func leaderIn(trailer metadata.MD) string {
	if a := trailer.Get(api.LeaderKey); len(a) == 1 {
		return a[0]
	}
	return ""
}

// leader opens a connection to the leader's address, as a daemon that stands by has told it.
func (c *client) leader(address string) (*grpc.ClientConn, error) {
	creds, err := credentialsFor("the leader's address", address, c.tls, c.insecure)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(creds))
}
