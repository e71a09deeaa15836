package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

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
	err := invoke(ctx, method, req, reply, conn, append(opts, grpc.Trailer(&trailer))...)
	leader := leaderIn(trailer)
	if err == nil || leader == "" {
		return err
	}
	to, bad := c.leader(leader)
	if bad != nil {
		return bad
	}
	defer to.Close()
	return to.Invoke(ctx, method, req, reply, opts...)
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
