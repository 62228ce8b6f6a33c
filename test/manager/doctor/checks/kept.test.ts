// Of what is kept: keys, certificates, images, schemas.
import test from 'ava'
import { judgeCertificate } from '../../../../manager/doctor/checks/certificates.ts'
import { judgeImages, type SeenImage } from '../../../../manager/doctor/checks/images.ts'
import { judgeKeys, type KeyFile } from '../../../../manager/doctor/checks/keys.ts'
import { judgeSchemas } from '../../../../manager/doctor/checks/schema.ts'
import { read, unread } from '../../../../manager/doctor/finding.ts'

const file = (name: string, mode: number, uid = 990): KeyFile => ({ name, mode, uid, gid: uid })
const SOUND = [
  file('', 0o2710),
  file('site.key', 0o640),
  file('manager-ca.key', 0o600),
  file('manager-ca.pem', 0o644),
  file('image.key', 0o600, 0),
]
const judged = (...files: KeyFile[]) => judgeKeys(read({ folder: '/d/keys', owner: 990, files }))

test('judgeKeys: what only its owner may read, and what its group may', (t) => {
  t.like(judged(...SOUND), [{ result: 'ok', seen: '4 files that only their owner reads, or that are public' }])
  const bad = (one: KeyFile) => judged(...SOUND.filter(({ name }) => name !== one.name), one)
  t.like(bad(file('manager-ca.key', 0o640)), [
    { result: 'failed', subject: '/d/keys/manager-ca.key', seen: 'mode 640: its group may read it' },
  ])
  t.like(bad(file('site.key', 0o644)), [{ result: 'failed', seen: 'mode 644: everybody may read it' }])
  t.like(bad(file('manager-ca.pem', 0o666)), [{ result: 'failed', seen: 'mode 666: others may write it' }])
  t.like(bad(file('', 0o755)), [{ result: 'failed', subject: '/d/keys' }])
  t.like(bad(file('sealing.key', 0o600, 0)), [
    { result: 'failed', seen: "it is user 0's, and the data directory user 990's, whose manager cannot read it" },
  ])
})

test('keys that are not there yet are ok, and those that cannot be looked at are unknown', (t) => {
  t.is(judgeKeys(read({ folder: '/d/keys', owner: 0, files: undefined }))[0]?.result, 'ok')
  t.is(judgeKeys(unread('EACCES'))[0]?.result, 'unknown')
})

test('judgeCertificate: not yet, not any more, not for long', (t) => {
  const now = Date.parse('2026-11-29T12:00:00Z')
  const holding = (from: string, until: string) =>
    judgeCertificate(read({ file: 'ca.pem', from: Date.parse(from), until: Date.parse(until) }), now)[0]
  t.like(holding('1970-01-01', '9999-12-31'), { result: 'ok', seen: 'holds until 9999-12-31' })
  t.like(holding('2026-12-01', '2027-12-01'), { result: 'failed', mend: 'set the clock' })
  t.is(holding('2020-01-01', '2026-11-01')?.result, 'failed')
  t.is(holding('2020-01-01', '2026-12-10')?.result, 'warning')
  t.is(judgeCertificate(read(undefined), now)[0]?.result, 'ok')
})

const IMAGE: SeenImage = {
  name: 'dom0',
  generation: '00eca195fa3b047e',
  problems: [],
  files: ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.tar'],
}
const image = (change: Partial<SeenImage>) => judgeImages([read({ ...IMAGE, ...change })])[0]

test('judgeImages: published, whole, bootable', (t) => {
  t.like(image({}), { subject: 'dom0@00eca195fa3b047e', result: 'ok' })
  t.like(image({ generation: undefined }), { subject: 'dom0', result: 'failed' })
  t.like(image({ problems: ['xen was altered'] }), { result: 'failed', seen: 'xen was altered' })
  t.like(image({ files: ['xen', 'xen.efi', 'vmlinuz'] }), { result: 'failed', seen: 'it has no initrd.img, root.tar' })
  t.like(image({ files: IMAGE.files.filter((name) => name !== 'xen.efi') }), { result: 'warning' })
  t.is(judgeImages([unread('EACCES')])[0]?.result, 'unknown')
})

test('judgeSchemas: one that a newer hostless wrote is a failure, one that is older is upgraded', (t) => {
  const of = (version: number | undefined) =>
    judgeSchemas([{ subject: 'db', ...read({ place: 'db', version, known: 18, isCopied: true }) }])[0]
  t.like(of(19), { result: 'failed', seen: 'schema 19, and this hostless knows up to 18' })
  t.like(of(18), { result: 'ok', seen: 'schema 18, the newest' })
  t.like(of(3), { result: 'ok', seen: 'schema 3: upgraded to 18 at the next start, a copy is kept' })
  t.is(of(undefined)?.result, 'ok')
  t.like(judgeSchemas([{ subject: 'db', ...unread('it does not answer') }])[0], { subject: 'db', result: 'unknown' })
})
