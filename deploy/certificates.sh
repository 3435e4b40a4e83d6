#!/usr/bin/env bash
# Makes certificates for trying out TLS: a test CA, a server certificate for this machine, a client
# certificate for one backend, a revocation list. For tests only: the CA's key lies beside them.
#
#   deploy/certificates.sh DIR NAME         make what DIR lacks, and a client certificate for NAME
#   deploy/certificates.sh revoke DIR NAME  put NAME's certificate on the revocation list
set -euo pipefail
umask 077

say() { printf 'certificates: %s\n' "$*" >&2; }

fail() {
  say "$1"
  exit "${2:-1}"
}

# openssl tells on standard error also what went well.
quietly() {
  local said
  said=$("$@" 2>&1) || fail "$said"
}

usage() { fail 'usage: certificates.sh [revoke] DIR NAME' 2; }

# openssl reads its configuration from here; paths in it are relative to DIR.
write_configuration() {
  cat >openssl.cnf <<'CONFIGURATION'
[req]
prompt = no
distinguished_name = subject
[subject]
CN = Holos test CA
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
authorityKeyIdentifier = keyid:always
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = DNS:${ENV::CLIENT_NAME}
authorityKeyIdentifier = keyid:always
[ca]
default_ca = list
[list]
database = index.txt
unique_subject = no
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
crl_extensions = list_extensions
[list_extensions]
authorityKeyIdentifier = keyid:always
CONFIGURATION
}

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# A certificate signed by the test CA: certificate FILE SECTION COMMON_NAME
certificate() {
  local file=$1 section=$2 common_name=$3
  new_key "$file.key"
  openssl req -new -config openssl.cnf -key "$file.key" -subj "/CN=$common_name" -out "$file.csr"
  # A random serial number, as the file of counted ones is one more thing to lose.
  quietly openssl x509 -req -in "$file.csr" -CA ca.pem -CAkey ca.key -sha256 -days 90 \
    -set_serial "0x$(openssl rand -hex 16)" -extfile openssl.cnf -extensions "$section" \
    -out "$file.pem"
  rm "$file.csr"
}

write_list() {
  # Beside it and renamed: a running engine never reads half a list.
  quietly openssl ca -config openssl.cnf -gencrl -out ca.crl.new
  mv ca.crl.new ca.crl
}

make() {
  mkdir -p "$folder"
  cd "$folder"
  write_configuration
  if [[ ! -e ca.pem ]]; then
    new_key ca.key
    openssl req -x509 -new -config openssl.cnf -extensions authority -key ca.key -sha256 \
      -days 365 -out ca.pem
    : >index.txt
    echo 01 >crlnumber
    write_list
    say "made $PWD/ca.pem, ca.key, ca.crl: the test CA, its key, its empty revocation list"
  fi
  if [[ ! -e server.pem ]]; then
    certificate server server localhost
    say "made $PWD/server.pem, server.key: for localhost, 127.0.0.1 and ::1"
  fi
  [[ ! -e $name.pem ]] || fail "$PWD/$name.pem is there already; remove it to make another"
  certificate "$name" client client
  say "made $PWD/$name.pem, $name.key: a client certificate for DNS:$name, good for 90 days"
  say "its key is known to the engine as spki:$(key_hash)"
  say 'for holos.toml:'
  cat <<LINES
[ingest.tls]
certificate_file = "$PWD/server.pem"
private_key_file = "$PWD/server.key"
client_ca_file = "$PWD/ca.pem"
client_crl_files = ["$PWD/ca.crl"]

# and in the issuer's entry
vouched = { certificate_names = ["$name"] }
LINES
}

# SHA-256 of the SubjectPublicKeyInfo, as the engine names a client's key.
key_hash() {
  openssl x509 -in "$name.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -r | cut -d ' ' -f 1
}

revoke() {
  cd "$folder" 2>/dev/null || fail "no such folder: $folder" 3
  [[ -e $name.pem ]] || fail "no such certificate: $PWD/$name.pem" 3
  quietly openssl ca -config openssl.cnf -revoke "$name.pem" -crl_reason keyCompromise
  write_list
  say "revoked $name: $PWD/ca.crl says so"
}

command -v openssl >/dev/null || fail 'openssl is needed: apt-get install openssl'
action='make'
if [[ ${1-} == revoke ]]; then
  action='revoke'
  shift
fi
[[ $# -eq 2 ]] || usage
folder=$1 name=$2
# It becomes a file's name, and DNS names have no other characters.
[[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$ ]] || fail "NAME must be a DNS name" 2
[[ $name != ca && $name != server ]] || fail "NAME must not be ca or server" 2
export CLIENT_NAME=$name
"$action"
