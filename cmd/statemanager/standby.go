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
	leader := trailer.Get(api.LeaderKey)
	if err == nil || len(leader) != 1 {
		return err
	}
	creds, bad := credentialsFor("the leader's address", leader[0], c.tls, c.insecure)
	if bad != nil {
		return bad
	}
	to, bad := grpc.NewClient("passthrough:///"+leader[0], grpc.WithTransportCredentials(creds))
	if bad != nil {
		return err
	}
	defer to.Close()
	return to.Invoke(ctx, method, req, reply, opts...)
}
