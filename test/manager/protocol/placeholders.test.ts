import test from 'ava'
import {
  isPlaceholder,
  isPlaceholderMac,
  isPlaceholderNumber,
  isPlaceholderUuid,
  isPlaceholderWwid,
} from '../../../manager/protocol/placeholders.ts'

type Case = readonly [what: string, judge: (text: string) => boolean, none: readonly string[], real: readonly string[]]

const CASES: readonly Case[] = [
  [
    'a product or a maker',
    isPlaceholder,
    [
      ...['Unknow', 'UNKNOWN', 'NotSpecified', 'Not Specified', 'NULL', 'None', 'N/A', 'n.a.', 'Default string', 'Default_String'],
      ...[
        'To Be Filled By O.E.M.',
        'To be filled by OEM',
        'To Be Defined By O.E.M',
        'O.E.M.',
        'System Product Name',
        'system-product-name',
      ],
      ...['Super Server', 'SuperServer', 'System manufacturer', 'Base Board Product Name', '<BAD INDEX>', '', '   ', '----', '........'],
    ],
    [
      'PowerEdge R640',
      'X11DPi-N',
      'Supermicro',
      'SYS-1029P-WTR',
      'Lab',
      'F1',
      '1.1',
      'A1',
      '1',
      'Unknown Worlds',
      'Serverworks',
      '日本電気',
    ],
  ],
  [
    'a serial number or an asset tag',
    isPlaceholderNumber,
    [
      ...['System Serial Number', 'Chassis Serial Number', 'Base Board Serial Number', 'Asset-1234567890', 'No Asset Tag', 'SerNum00'],
      ...['A1_AssetTagNum0', 'Array1_PartNumber0', 'Manufacturer00', '1234567890', '0123456789', '123456789', '12345678901234567890'],
      ...[
        '0123456789ABCDEF',
        '0',
        '00000000',
        '0x00000000',
        'FFFFFFFF',
        'XXXXXXXX',
        'xxxx-xxxx',
        '1111111',
        'AAAA',
        '..........',
        'empty',
        'none',
      ],
      ...['BSN12345678901234567', 'MB-1234567890', '9876543210', '01234567', 'System SKUNumber', 'Null String', 'Not Used'],
    ],
    [
      '7XJ0QX2',
      '.7XJ0QX2.CNFCP0097T00AB.',
      'LAB-0001',
      'S1',
      '1',
      '42',
      'beaf11',
      'node1-disk0',
      '0021',
      '23456',
      'CN7016',
      'S1234567',
      '10987654',
      'A1B2C3D412345678',
    ],
  ],
  [
    'a UUID',
    isPlaceholderUuid,
    [
      '03000200-0400-0500-0006-000700080009',
      '00020003-0004-0005-0006-000700080009',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '00000000-0000-0000-0000-000000000000',
      '12345678-1234-5678-90ab-cddeefaabbcc',
      '78563412-3412-7856-90ab-cddeefaabbcc',
      '12345678-9012-3456-7890-123456789012',
      'deadbeef-dead-beef-dead-beefdeadbeef',
      '01234567-89ab-cdef-0123-456789abcdef',
      '12345678-90ab-cdef-1234-567890abcdef',
      '01234567-8910-1112-1314-151617181920',
    ],
    ['4c4c4544-0035-3010-8052-b4c04f564231', '00000000-0000-0000-0000-ac1f6b123456', '03d502e0-045e-05a7-8806-3b0700080009'],
  ],
  [
    'a MAC',
    isPlaceholderMac,
    ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '44:44:44:44:44:44', '02:00:00:00:00:00'],
    ['52:54:00:77:00:01', '00:e0:4c:68:00:01', '02:00:00:00:00:01'],
  ],
  [
    'a WWID',
    isPlaceholderWwid,
    [
      ...['naa.0000000000000000', 'naa.ffffffffffffffff', 'naa.5555555555555555', `naa.${'0'.repeat(32)}`, `naa.${'f'.repeat(32)}`],
      ...['naa.5000c50000000000', 'naa.5000000000000000', 'naa.5f8db4cfffffffff', 'naa.2000002538000000', 'naa.3000000000000000'],
      ...[`naa.6001405${'0'.repeat(25)}`, `naa.6001405${'f'.repeat(25)}`, 'naa.60002ac000000000', 'naa.600a098000abcdef'],
      ...[
        'eui.0000000000000000',
        'eui.0000000000000001',
        'eui.8ce38e0000000000',
        `eui.${'0'.repeat(32)}`,
        'eui.00000000000000008ce38e0000000000',
      ],
      ...[
        'eui.01000000010000005cd2e40000000000',
        `eui.002538${'0'.repeat(18)}`,
        't10.ATA',
        't10.ATA     QEMU HARDDISK        ',
        't10.ATA_____',
        't10.IET     0000',
      ],
      ...['naa.2020202020202020', 'naa.1234567890abcdef', 'naa.5123456789abcdef', 'eui.0123456789abcdef'],
      ...['t10.SomeVend', 't10.LIO-ORG none', 'nvme.1b36-2020202020-51454d55-00000001', 'nvme.0000-00000000-00000000-00000000'],
      ...['uuid.00000000-0000-0000-0000-000000000000', 'uuid.03000200-0400-0500-0006-000700080009'],
    ],
    [
      ...['naa.60000000000000000e00000000010001', 'naa.5002538f30dccbc0', 'naa.50014ee20ce3848a', 'naa.2000002538a1b2c3'],
      ...['eui.0025385971b0a3c4', 'eui.01000000010000005cd2e4128a5d9500', 't10.ATA_QEMU_HARDDISK_QM00001'],
      ...['t10.ATA     QEMU HARDDISK                           QM00001', 't10.LIO-ORG fileio:1a2b', 'nvme.1b36-31-51-00000001'],
      ...['nvme.144d-53354a424e473052313233343536-53616d73756e67-00000001', 'uuid.4c4c4544-0035-3010-8052-b4c04f564231'],
    ],
  ],
]

for (const [what, judge, none, real] of CASES) {
  test(`${what} that was never set is told from one that was`, (t) => {
    for (const text of none) t.true(judge(text), text)
    for (const text of real) t.false(judge(text), text)
  })
}
