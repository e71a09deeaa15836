package main

import "github.com/spf13/cobra"

// packFlags say which pack a command is about.
type packFlags struct {
	config *string
	layers *[]string
}

func newPackFlags(cmd *cobra.Command) packFlags {
	return packFlags{
		config: cmd.Flags().String("config", "", "the daemon's configuration: the pack and the layers of its policy section"),
		layers: cmd.Flags().StringArray("layer", nil, "directory or file that a site lays over the pack; again for more, the last one on top"),
	}
}

// policy is the pack of --config, or that of a directory, or the one inside the program.
func (f packFlags) policy(directory string) (*PolicyConfig, error) {
	switch {
	case *f.config == "":
		return &PolicyConfig{Directory: directory, Embedded: directory == "", Layers: *f.layers}, nil
	case directory != "" || len(*f.layers) > 0:
		return nil, usagef("--config names the directory and the layers: give it alone")
	}
	cfg, err := loadConfig(*f.config)
	if err != nil {
		return nil, err
	}
	if p := &cfg.Policy; p.Directory != "" || p.Embedded {
		return p, nil
	}
	return nil, usagef("%s: the daemon takes its pack from its store alone; set policy.directory, or policy.embedded: true", *f.config)
}
