"""ECR17, the Italian till protocol (Nexi and other banks): the till's side, without I/O."""
