"""The demonstration instance: PKI, token and pictures of seals; all of it says THỬ NGHIỆM."""
