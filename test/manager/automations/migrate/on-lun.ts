// Hosts as they report a VG `data` on a LUN, for tests of what stays there.
import { node, VG } from '../guests/rig.ts'

const GIB = 2 ** 30
export const WWID = 'naa.60000000000000000e00000000010001'
const SPACE = { sizeBytes: 100 * GIB, freeBytes: 50 * GIB }
const PV = {
  uuid: 'pppppp-bbbb-cccc-dddd-eeee-ffff-gggggg',
  device: '/dev/sdb',
  vg: 'data',
  vgUuid: VG,
  ...SPACE,
  missing: false,
  tags: [],
}

/** A host whose VG `data` lies on the LUN. */
export function onLun(
  id: string,
  changed: { readonly disk?: object; readonly lvs?: readonly object[]; readonly vg?: object; readonly pv?: object } = {},
) {
  const address = `10.77.0.2${id === 'a' ? 1 : 2}`
  return node(id, {
    addresses: [{ interface: 'xenbr0', address, prefix: 24 }],
    blockDevices: [
      { name: 'sdb', device: '/dev/sdb', wwid: WWID, transport: 'fc', byPath: [], byId: [], sizeBytes: 100 * GIB, ...changed.disk },
    ],
    pvs: [{ ...PV, ...changed.pv }],
    vgs: [{ uuid: VG, name: 'data', ...SPACE, extentBytes: 1 << 22, pvs: 1, missingPvs: 0, exported: false, tags: [], ...changed.vg }],
    lvs: changed.lvs ?? [],
  } as never)
}
