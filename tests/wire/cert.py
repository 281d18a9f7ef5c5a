"""Certificates of openssl's."""
import shutil
import subprocess


def certificate(where, name, also="IP:127.0.0.1"):
    """A self-signed one, for 127.0.0.1 unless `also` says otherwise, and its key: NAME.pem and
    NAME.key."""
    files = where / f"{name}.pem", where / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={also}", "-keyout", files[1], "-out", files[0]],
                   check=True, capture_output=True)
    return files


def install(files, place):
    for source, target in zip(files, place):
        shutil.copy(source, target)
