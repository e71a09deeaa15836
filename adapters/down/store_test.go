package down_test

import (
	"testing"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/down"
)

func TestStore(t *testing.T) { adaptertest.DownStore(t, down.Store{}) }
