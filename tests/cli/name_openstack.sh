# SPDX-License-Identifier: MIT
# Names of an OpenStack cloud, from a server of ours on 127.0.0.1: ways to log in, pages, and all
# that can go wrong.
command -v python3 >/dev/null || skip "python3 is not installed"
unset "${!OS_@}" http_proxy HTTP_PROXY ALL_PROXY all_proxy
export HOME=$PWD no_proxy=127.0.0.1
coproc SERVER { exec python3 "$SOURCE/tests/cli/openstack_server.py"; }
read -r port <&"${SERVER[0]}" || skip "no server on 127.0.0.1"
cp "$FIXTURES/machine.kymo" x.kymo
kymo name --quiet --clear x.kymo

# roles ARGS...: what vCPU 0 is called with these options; x.kymo is not changed.
roles() {
	kymo name x.kymo --list --csv "$@" 2>&1 | sed -n "s/127.0.0.1:$port/SERVER/; s#$PWD#HOME#; /vcpu0/p; /^kymo:/p"
}

export OS_AUTH_URL=http://127.0.0.1:$port/good OS_USERNAME=me OS_PROJECT_NAME=lab
export OS_PASSWORD='secret<&>"\'
echo "by password"
roles --openstack
echo "an address with its version"
OS_AUTH_URL=$OS_AUTH_URL/v3/ roles --openstack
echo "by token"
OS_PASSWORD= OS_TOKEN=old-token roles --openstack
echo "by application credential"
OS_APPLICATION_CREDENTIAL_ID=app OS_APPLICATION_CREDENTIAL_SECRET=s roles --openstack
echo "with a rule"
roles --openstack --name-rule '^vm([0-9]+)-(.*)=>{2}.{1:02}'
for mode in paged own; do
	echo "server: $mode"
	OS_AUTH_URL=http://127.0.0.1:$port/$mode roles --openstack
done

echo "wrong password"
OS_PASSWORD=wrong roles --openstack
for mode in nocompute moved garbage list nolist broken endless huge; do
	echo "server: $mode"
	OS_AUTH_URL=http://127.0.0.1:$port/$mode roles --openstack
done
echo "slow"
OS_AUTH_URL=http://127.0.0.1:$port/slow roles --openstack --names-timeout 300ms
echo "another region"
OS_REGION_NAME=east roles --openstack
echo "nobody there"
OS_AUTH_URL=http://127.0.0.1:1 roles --openstack 2>&1 | sed 's/: Failed.*//'
echo "no address"
OS_AUTH_URL=file:///etc/passwd roles --openstack

cat >rc <<END
export OS_AUTH_URL=http://127.0.0.1:$port/good
export OS_USERNAME="me"
export OS_TENANT_NAME=lab
export OS_PASSWORD=\$OS_PASSWORD_INPUT
END
echo "openrc, password of the environment"
OS_AUTH_URL=http://127.0.0.1:1 roles --os-rc rc
unset "${!OS_@}"
echo "openrc, no password"
roles --os-rc rc
mkdir -p .config/openstack
cat >.config/openstack/clouds.yaml <<END
clouds:
  lab:
    auth: { auth_url: "http://127.0.0.1:$port/good", username: me, project_name: lab }
    region_name: west
END
cat >.config/openstack/secure.yaml <<'END'
clouds:
  lab: { auth: { password: 'secret<&>"\' } }
END
echo "clouds.yaml"
roles --os-cloud lab
roles --openstack
roles --os-cloud none

echo "into the file"
t kymo name x.kymo --os-cloud lab
kymo name x.kymo --list --csv | grep vcpu
grep -c 'secret' x.kymo
eval "exec ${SERVER[1]}>&-"
wait
