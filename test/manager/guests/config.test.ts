import test from 'ava'
import { configOf } from '../../../manager/guests/config.ts'
import { guestSpec } from '../../../manager/protocol/guest-spec.ts'
import { guestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { mac, uuid } from '../../../manager/protocol/values.ts'

const MACS = ['00:16:3e:00:00:01', '00:16:3e:00:00:02'].map((one) => mac.parse(one))
const lan = { name: 'lan', bridge: 'xenbr0', bridges: { b: 'br7' }, vlan: undefined, mtu: undefined, created: 0, createdBy: 'ada' }

test('a host is told what bounds each NIC has, and nothing of those that have none', (t) => {
  const nics = [{ network: 'lan', filter: 'mac', rateKBps: 100 }, { network: 'lan' }]
  const spec = guestSpec.parse({ name: 'web1', memory: '1G', nics })
  const config = configOf({
    uuid: uuid.parse('00000000-0000-4000-8000-000000000001'),
    spec,
    host: 'b',
    disks: [],
    macs: MACS,
    networks: [lan],
  })
  t.deepEqual(guestConfig.parse(config).nics as unknown, [
    { mac: MACS[0], bridge: 'br7', rateKBps: 100, filter: 'mac' },
    { mac: MACS[1], bridge: 'br7' },
  ])
})
