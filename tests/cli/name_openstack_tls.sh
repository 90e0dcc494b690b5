# SPDX-License-Identifier: MIT
# A cloud behind TLS: its certificate is checked unless that is asked for otherwise.
command -v python3 >/dev/null || skip "python3 is not installed"
command -v openssl >/dev/null || skip "openssl is not installed"
unset "${!OS_@}" https_proxy HTTPS_PROXY ALL_PROXY all_proxy
export HOME=$PWD no_proxy=127.0.0.1
# make_certificate NAME ALTERNATIVE
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=$1" -addext "subjectAltName=$2" -keyout "$1.key" -out "$1.pem" 2>openssl.log ||
		skip "openssl makes no certificate"
}
make_certificate good IP:127.0.0.1
make_certificate other DNS:elsewhere.example
coproc SERVER { exec python3 "$SOURCE/tests/cli/openstack_server.py" good.pem good.key; }
read -r port <&"${SERVER[0]}" || skip "no server on 127.0.0.1"
cp "$FIXTURES/machine.kymo" x.kymo
export OS_AUTH_URL=https://127.0.0.1:$port/good OS_USERNAME=me OS_PROJECT_NAME=lab
export OS_PASSWORD='secret<&>"\'

# ask WHAT: what vCPU 0 is called, or how the words begin.
ask() {
	printf '%s: ' "$1"
	kymo name x.kymo --list --csv --openstack 2>&1 |
		sed -n "s/127.0.0.1:$port/SERVER/; s/ trusted: .*/ trusted/; /vcpu0/p; /^kymo:/p"
}
ask "a certificate that nobody vouches for"
OS_CACERT=good.pem ask "one that we trust"
OS_CACERT=other.pem ask "one that we trust, but not this"
OS_CACERT=absent.pem ask "a file that is not there"
OS_INSECURE=true ask "not checked"
OS_INSECURE=false ask "checked"
eval "exec ${SERVER[1]}>&-"
wait
