// The inner side of the door (door.ts), in the rack's namespace. Usage: door-inside.ts SOCKET

import { connect, createServer } from 'node:net'
import { splice } from './door.ts'
import { MANAGER_PORT } from './operator.ts'
import { RACK_ADDRESS } from './plan.ts'

createServer((client) => splice(client, connect(MANAGER_PORT, RACK_ADDRESS))).listen(process.argv[2])
