"""Servers under TLS, with certificates that openssl makes for the tests that run: none is kept with
the source."""

import pathlib
import ssl
import subprocess

from support import resp, servers

DUPLEX_KINDS = ["uring", "epoll"] if servers.duplex_path() else []
KINDS = ["redis"] + DUPLEX_KINDS


class Certificates:
    """A folder with `ca.crt` and, for each name, `NAME.crt` and `NAME.key`, signed by it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=an authority"),
        )
        for name in ("server", "client", "other"):
            self.add(name)

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)

    def add(self, name):
        """Makes one that is good for localhost."""
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", name + ".key", "-out", "request", "-subj", "/CN=" + name),
        )
        self._openssl(
            *("x509", "-req", "-in", "request", "-CA", "ca.crt", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-days", "2", "-extfile", "names", "-out", name + ".crt"),
        )

    def lock(self, name, password):
        """Writes `NAME.locked`, the key under a password."""
        self._openssl(
            *("ec", "-aes256", "-passout", "pass:" + password),
            *("-in", name + ".key", "-out", name + ".locked"),
        )

    def authorities(self):
        """Returns a folder that holds the authority the way OpenSSL looks for it."""
        folder = self.folder / "authorities"
        if not folder.exists():
            folder.mkdir()
            (folder / "ca.crt").write_bytes((self.folder / "ca.crt").read_bytes())
            self._openssl("rehash", str(folder))
        return str(folder)

    def path(self, name):
        return str(self.folder / name)

    def directives(self):
        return [
            *("--tls-cert-file", self.path("server.crt")),
            *("--tls-key-file", self.path("server.key")),
            *("--tls-ca-cert-file", self.path("ca.crt")),
        ]

    def context(self, client=None, version=None):
        """A client's context; `client` names the certificate that it shows."""
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        if client:
            context.load_cert_chain(self.path(client + ".crt"), self.path(client + ".key"))
        if version:
            context.maximum_version = version
        return context


def run(kind, certificates, *args, **options):
    """A server of a kind; a back end's name stands for Duplex on it."""
    options.setdefault("tls", certificates.context())
    args = [*certificates.directives(), "--tls-auth-clients", "no", *args]
    if kind in DUPLEX_KINDS:
        return servers.server("duplex", "--io-backend", kind, *args, **options)
    return servers.server(kind, *args, **options)


def can_talk(port, context):
    try:
        with resp.Client(port, tls=context) as client:
            return client.call("PING").value == b"PONG"
    except (OSError, resp.ConnectionClosed):
        return False
