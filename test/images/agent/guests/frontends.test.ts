import test from 'ava'
import { frontendsIn } from '../../../../images/agent/guests/frontends.ts'

const row = (device: string, state: number) => `/local/domain/4/device/${device}/backend = "/local/domain/0/backend/${device}"
/local/domain/4/device/${device}/state = "${state}"
`

test('of disks and NICs alone, by what their state says', (t) => {
  const text = `/local/domain/4/name = "web1"
${row('vbd/51712', 4)}${row('vbd/51728', 3)}${row('vif/0', 2)}${row('vif/1', 1)}${row('vkbd/0', 1)}/local/domain/4/device/suspend/event-channel = ""
/local/domain/4/control/state = "1"
`
  t.deepEqual(frontendsIn(text), { connecting: ['vbd/51728', 'vif/0'], untouched: ['vif/1'] })
  t.deepEqual(frontendsIn(''), { connecting: [], untouched: [] })
})
