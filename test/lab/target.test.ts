import test from 'ava'
import { initiatorsIn } from './target.ts'

const SHOWN = `Target 1: iqn.2026-11.org.hostless.lab:shared
    I_T nexus information:
        I_T nexus: 1
            Initiator: iqn.2025-01.net.hostless:node1 alias: node1
            Connection: 0
                IP Address: 10.77.0.21
        I_T nexus: 2
            Initiator: iqn.2025-01.net.hostless:node2 alias: none
    LUN information:
`

test('initiatorsIn names who is logged in, and nobody where nobody is', (t) => {
  t.deepEqual(initiatorsIn(SHOWN), ['iqn.2025-01.net.hostless:node1', 'iqn.2025-01.net.hostless:node2'])
  t.deepEqual(initiatorsIn('Target 1: iqn.2026-11.org.hostless.lab:shared\n    I_T nexus information:\n'), [])
})
