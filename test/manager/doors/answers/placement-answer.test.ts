import test from 'ava'
import { ConnectivityMatrix } from '../../../../manager/connectivity/matrix.ts'
import { placementAnswer } from '../../../../manager/doors/answers/placement-answer.ts'
import type { HostView } from '../../../../manager/hosts/pool-change.ts'
import { shownIn } from '../../hosts/conditions.ts'

test('a host that has not reported is among those that do not fit, and a rejected one is not', (t) => {
  const host = { since: 0, groups: [], notes: '', created: 0, macs: [] }
  const hosts: HostView[] = [
    { ...host, id: 'a', name: 'node01', ...shownIn('up') },
    { ...host, id: 'b', name: 'node02', ...shownIn('rejected') },
  ]
  t.deepEqual(
    placementAnswer(new ConnectivityMatrix(), hosts, { networks: [], storage: [], memoryBytes: 0, type: 'pvh' }, () => undefined),
    {
      fits: [],
      refused: [{ host: 'a', name: 'node01', reasons: ['node01 has not reported what it reaches'] }],
    },
  )
})
