"""The command-line programs: flags in, configurations out, nothing else."""
