import test from 'ava'
import fc from 'fast-check'
import { iscsiName, mac, path, pciAddress, text, uuid, word, wwid, wwn } from '../../../manager/protocol/values.ts'

const holds = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean => schema.safeParse(value).success

test('text refuses what could act in a terminal, a log or a page: controls, direction overrides, separators, lone surrogates', (t) => {
  for (const bad of ['a\nb', 'a\u0000', '\u001b[31m', 'a\u007f', '\u202eevil', '\u2028', '\u2029', '\ud800', 'zero\u200bwidth']) {
    t.false(holds(text(100), bad), JSON.stringify(bad))
  }
  for (const good of ['', 'plain', 'Größe', '日本', '🖥', '<script>', "'; drop table"]) t.true(holds(text(100), good), good)
})

test('text is cut nowhere: one unit too many is refused', (t) => {
  t.true(holds(text(3), 'abc'))
  t.false(holds(text(3), 'abcd'))
  t.false(holds(word(3), ''))
})

test('addresses and identities have one form', (t) => {
  t.true(holds(mac, '52:54:00:77:00:01'))
  for (const bad of ['52:54:00:77:00', '52-54-00-77-00-01', '52:54:00:77:00:0G', 'AA:54:00:77:00:01']) t.false(holds(mac, bad), bad)
  t.true(holds(uuid, '004c4142-0077-4077-8077-525400770001'))
  t.false(holds(uuid, '004C4142-0077-4077-8077-525400770001'))
  t.true(holds(wwn, '50060160c46036e9'))
  t.false(holds(wwn, '0x50060160c46036e9'))
  t.true(holds(pciAddress, '0000:3b:00.1'))
  t.false(holds(pciAddress, '3b:00.1'))
  t.true(holds(iscsiName, 'iqn.2025-01.net.hostless:rack1'))
  t.false(holds(iscsiName, 'iqn.2025-01.net.hostless:Rack1'))
  t.true(holds(path, '/dev/sda'))
  t.false(holds(path, 'dev/sda'))
})

test('a WWID is what the kernel writes, with hexadecimal digits of a length that there is', (t) => {
  for (const good of [
    'naa.60000000000000000e00000000010001',
    'naa.5002538f30dccbc0',
    'eui.0025385971b0a3c4',
    'eui.010000000100000055cd2e4128a5d950',
    't10.ATA_QEMU_HARDDISK_QM00001',
    'nvme.1b36-31323334-51454d55204e564d65204374726c-00000001',
    'uuid.6a1437ba-1c67-49ec-a46f-ed26f0248e7b',
  ]) {
    t.true(holds(wwid, good), good)
  }
  for (const bad of ['', 'naa.', 'naa.6000', '360000000000000000e00000000010001', 'NAA.5002538F30DCCBC0', 't10.', 't10. x'])
    t.false(holds(wwid, bad), bad)
})

test('no text with an unprintable character is a word', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
      t.is(holds(word(40), value), value !== '' && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) && value.length <= 40)
    }),
  )
})
