// The path of each handle, in hex, of an export: run where its server is reached, with address, port of NFS and MOUNT, and path; prints JSON.
import { mountRoot, NfsConnection } from '../nfs-client.ts'
import { walk } from '../nfs-walk.ts'

const [host = '', port = '', path = ''] = process.argv.slice(2)
const root = await mountRoot(host, Number(port), path)
const connection = await NfsConnection.open(host, Number(port))
const files = await walk(connection, root)
connection.close()
process.stdout.write(
  JSON.stringify({ [root.toString('hex')]: '', ...Object.fromEntries(files.map((file) => [file.handle.toString('hex'), file.path])) }),
)
