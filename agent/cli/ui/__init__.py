"""What all commands share: the screen, the prompt, the client, the exit codes."""
