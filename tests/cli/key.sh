# SPDX-License-Identifier: MIT
# Keys, licences, perflicense. Ids, keys and times of now are not shown.
tame() {
	sed -E 's/[0-9a-f]{4}(-[0-9a-f]{4}){5,8}/ID/g; s/[A-Za-z0-9+\/]{43,}={0,2}/KEY/g; s/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z/TIME/g; s|/[^ ]*/home/|home/|g'
}
s() {
	local status
	printf '$ %s\n' "$*" | tame
	"$@" 2>&1 | tame
	status=${PIPESTATUS[0]}
	[ "$status" -eq 0 ] || printf '[exit %d]\n' "$status"
}
export HOME=$PWD/home
mkdir home
cp "$FIXTURES"/journal/{reader.key,reader.pub,locked.key,issuer.key,issuer.pub,passphrase,licence} .
chmod 600 *.key passphrase

echo "--- key files"
t kymo key show reader.key
t kymo key show reader.pub --json
t kymo key export reader.key -o again.pub
cmp again.pub reader.pub && echo "the same"
t kymo key show locked.key
echo 'wrong horse' >wrong
t kymo key show locked.key --passphrase-file wrong
t kymo key show locked.key --passphrase-file passphrase
t kymo key export reader.pub
t kymo key rotate reader.pub
t kymo key new reader.key --name Again
cmp reader.key "$FIXTURES"/journal/reader.key && echo "as it was"
s kymo key new x.key --name 'Somebody'
stat -c %a x.key
s kymo key rotate x.key
s kymo key show x.key
grep -c '^seed' x.key
s kymo key new sealed.key --name Sealed --passphrase-file - <passphrase
s kymo key rotate sealed.key --passphrase-file - <passphrase
s kymo key rotate sealed.key --passphrase-file wrong
s kymo key show sealed.key --passphrase-file passphrase
kymo key new z.key --name "$(printf 'a\302\233b')" 2>&1
test -e z.key || echo "no key"
chmod 644 x.key
s kymo key export x.key -o x.pub
sed 's/^name Somebody/name Somebodi/' x.key >bad.key
t kymo key show bad.key
sed 's/^name Somebody/name Somebodi/' x.pub >bad.pub
t kymo key show bad.pub
head -c 100 x.key >cut.key
t kymo key show cut.key
cp "$FIXTURES"/demo.kymo .
t kymo key show demo.kymo
t kymo key show absent.key
t kymo key new y.key
t kymo key new y.key --name "$(printf 'a\tb')"

echo "--- licences"
good() { kymo key verify licence -k issuer.pub --at 2026-06-01T00:00:00Z --mac 00:16:3e:5e:6c:00 "$@"; }
t good --site 1 --name 'Evil Corp' --feature replay
t good --json
t good --site 2
t good --name 'evil corp'
t good --feature fleet
t kymo key verify licence -k issuer.pub --at 2026-06-01T00:00:00Z --mac 00:16:3e:5e:6c:01
t kymo key verify licence -k issuer.pub --at 2026-06-01T00:00:00Z --mac 00:16:3e:5e:6c:01 --any-host
t kymo key verify licence -k issuer.pub --at 2027-06-01T00:00:00Z --any-host
t kymo key verify licence -k issuer.pub --at 2025-06-01T00:00:00Z --any-host
t kymo key verify licence -k reader.pub --at 2026-06-01T00:00:00Z --any-host
token=$(cat licence)
case $token in
*A) changed=${token%A}B ;;
*) changed=${token%?}A ;;
esac
echo "$changed" >changed
t kymo key verify changed -k issuer.pub --any-host --at 2026-06-01T00:00:00Z
t kymo key verify 6f37-6910-b2a0-e858-9657-f08d -k issuer.pub
t kymo key verify rubbish -k issuer.pub
t kymo key verify licence
s kymo key licence -k issuer.key --site 3 --name Three --days 10 --feature a,b
s kymo key licence -k issuer.key --site 3 --name Three --days 10 --feature a --feature b --registry r.db --host-key SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
s kymo key licence -k issuer.pub --site 3 --name Three
s kymo key licence -k issuer.key --site 0 --name None
s kymo key licence -k issuer.key --site 3 --name Three --mac 00:00:00:00:00:00
s kymo key registry r.db
s kymo key registry r.db --json
t kymo key registry licence
t kymo key registry absent.db

echo "--- perflicense"
ln -s "$(command -v kymo)" perflicense
s ./perflicense licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00
s ./perflicense licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00 version=1 duration=1h
stat -c %a home/.perflicense home/.perflicense/issuer.key
kymo key export --quiet home/.perflicense/issuer.key -o mine.pub
./perflicense licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00 2>/dev/null | sed -n 's/^license=//p' >mine
s kymo key verify mine -k mine.pub --site 1 --name 'Evil Corp' --mac 00:16:3e:5e:6c:00
t ./perflicense useradd email=jane@example.com admin=true
t ./perflicense -db sqlite useradd email=jane@example.com admin=true
t ./perflicense --db=sqlite siteadd name='Evil Corp'
s ./perflicense -db sqlite licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00 user=1
s ./perflicense -db sqlite licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00 user=7
s kymo key registry home/.perflicense/licences.db
t ./perflicense --createdb --db postgres --dburi 'postgres://me@localhost/license?sslmode=disable'
t ./perflicense --createdb --dburi absent/licences.db
t ./perflicense --createdb --db postgres --dburi other.db
t kymo key registry other.db
t ./perflicense -v
t ./perflicense
t ./perflicense licenseadd siteid=1 sitename=x mac=00:16:3e:5e:6c:00 siteid=2
t ./perflicense licenseadd siteid=one sitename=x mac=00:16:3e:5e:6c:00
t ./perflicense licenseadd siteid=1 sitename=x mac=00:16:3e:5e:6c:00 version=x
t ./perflicense licenseadd siteid=1 sitename=x mac=zz
t ./perflicense licenseadd siteid=1 colour=red
t ./perflicense useradd email=a admin=perhaps
t ./perflicense -db sqlite siteadd name="$(printf 'a\033[2Jb')" 2>&1 | cat -v
t ./perflicense sell
echo 'key = nowhere.key' >p.conf
t ./perflicense -C p.conf siteadd name=x
echo 'colour = red' >p.conf
t ./perflicense -C p.conf siteadd name=x
t ./perflicense -C absent.conf siteadd name=x

echo "--- usage"
t kymo key
t kymo key lose x.key
t kymo key show
