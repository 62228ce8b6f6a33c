// The initramfs's own functions, in a shell where /sys, /run and mount are this test's.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'

const ROOT = Buffer.from('a squashfs')
const GENERATION = '0123456789abcdef'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url')

/** `disks`: what the file of the root holds on each; undefined: it is no stick. */
async function copyStick(t: ExecutionContext, disks: Readonly<Record<string, Buffer | undefined>>, wanted = sha256(ROOT)) {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-initramfs-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const path of ['run/ram', 'run/root', 'sys/bus/pci/devices', 'sys/class/block', 'bin'])
    await mkdir(join(folder, path), { recursive: true })
  for (const [disk, content] of Object.entries(disks)) {
    await mkdir(join(folder, 'sys/class/block', disk))
    const at = join(folder, 'disks', disk, content ? `hostless/${GENERATION}` : 'empty')
    await mkdir(at, { recursive: true })
    if (content) await writeFile(join(at, 'root.squashfs'), content)
  }
  const moved = (text: string) => text.replaceAll('/run/hostless', `${folder}/run`).replaceAll('/sys/', `${folder}/sys/`)
  const init = await readFile('images/dom0/initramfs/init', 'utf8')
  const [, common = ''] = /^(make_room\(\) \{[\s\S]*?\n\}\n\nmount_image\(\) \{[\s\S]*?\n\})$/m.exec(init) ?? []
  const stubs = `
why=${folder}/why image=/run/hostless/ram/root.squashfs root=stick:dom0:${GENERATION}:${wanted}
say() { echo "SAY $*"; }
mounted() { true; }
modprobe() { :; }
xxd() { busybox xxd "$@"; }
losetup() { echo /dev/loop7; }
sleep() { i=$((i + 20)); }
umount() { rm -rf "$1"; mkdir -p "$1"; echo UMOUNT; }
mount() {
  case $* in *squashfs*) echo "MOUNT $*"; return ;; esac
  eval "point=\\\${$#}"; eval "device=\\\${$(($# - 1))}"
  [ -d "${folder}/disks/\${device##*/}" ] || return 32
  rm -rf "$point"; cp -r "${folder}/disks/\${device##*/}" "$point"
}
`
  const script = moved(
    `${stubs}${common}\n${await readFile('images/dom0/initramfs/stick', 'utf8')}\ncopy_stick && echo DONE || { echo FAILED; cat $why; }\n`,
  )
  const { stdout, stderr } = await execa('sh', ['-c', script], { reject: false, stdin: 'ignore', timeout: 30_000 })
  return { said: `${stdout}\n${stderr}`, copied: await readFile(join(folder, 'run/ram/root.squashfs')).catch(() => undefined) }
}

test('the root is copied from the stick of this generation, whichever disk it is, checked, and the stick let go before', async (t) => {
  const { said, copied } = await copyStick(t, { loop0: ROOT, sda: undefined, sdb: ROOT })
  t.regex(said, /UMOUNT\n.*UMOUNT\n[\s\S]*MOUNT -t squashfs -o ro \/dev\/loop7[\s\S]*SAY .*can be pulled\nDONE/)
  t.deepEqual(copied, ROOT)
})

test('a root that is not what the command line wants is not mounted', async (t) => {
  const { said } = await copyStick(t, { sda: Buffer.from('altered') })
  t.regex(said, /FAILED\nSHA-256 of root\.squashfs is \S+=, the command line wants \S+=/)
  t.notRegex(said, /MOUNT -t squashfs/)
})

test('with no stick there the step fails with the disks that there are', async (t) => {
  const { said } = await copyStick(t, { sda: undefined, sr0: undefined })
  t.regex(said, /FAILED\nno stick or CD has the root of generation 0123456789abcdef; there are: sda\nsr0/)
})

/** `nics`: carrier of each; `serving`: the ones behind which a DHCP server answers. Gives what was done, and the names that it left. */
async function tryNics(t: ExecutionContext, nics: Readonly<Record<string, 0 | 1>>, serving: readonly string[], name = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-initramfs-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [at, [nic, carrier]] of Object.entries(nics).entries()) {
    const place = join(folder, 'sys/class/net', nic)
    await mkdir(join(place, nic === 'lo' ? 'queues' : 'device'), { recursive: true })
    await writeFile(join(place, 'carrier'), `${carrier}\n`)
    await writeFile(join(place, 'address'), `52:54:00:77:00:0${at}\n`)
  }
  const stubs = `
why=${folder}/why nicmac=any name=${name}
say() { :; }; load_drivers() { :; }; ip() { :; }; colons() { echo "$1"; }
sleep() { i=$((i + 100)); }
brctl() { echo "$*"; }
build_bridge() { echo "BRIDGE $nic $nicmac"; }
take_address() { case " ${serving.join(' ')} " in *" $nic "*) echo "ADDRESS as $name" ;; *) return 1 ;; esac; }
`
  const stick = (await readFile('images/dom0/initramfs/stick', 'utf8')).replaceAll('/sys/', `${folder}/sys/`)
  const { stdout } = await execa('sh', [
    '-c',
    `${stubs}${stick}\ntry_nics && echo "DONE $nicmac $name" || { echo "FAILED $nicmac [$name]"; cat $why; }\n`,
  ])
  return stdout
}

test('a stick for any machine takes the first NIC with a link behind which an address is given, and lets the others go', async (t) => {
  const said = await tryNics(t, { eth0: 0, eth1: 1, eth2: 1, eth3: 1, lo: 1 }, ['eth0', 'eth2', 'eth3'])
  const mac = '525400770002'
  t.is(said, `BRIDGE eth1 525400770001\ndelif xenbr0 eth1\nBRIDGE eth2 ${mac}\nADDRESS as host-${mac}\nDONE ${mac} host-${mac}`)
  t.regex(await tryNics(t, { eth0: 1 }, ['eth0'], 'node07'), /DONE 525400770000 node07$/)
})

test('with no address on any NIC, or no link at all, it says on which, and the next try is for all again', async (t) => {
  const none = await tryNics(t, { eth0: 1, eth1: 1 }, [])
  t.regex(none, /FAILED any \[\]\non none of the interfaces with a link \(eth0\neth1\) an address was given$/)
  t.regex(await tryNics(t, { eth0: 0 }, []), /FAILED any \[\]\nno network interface has a link after 30 s: eth0 52:54:00:77:00:00, \(cable/)
})
