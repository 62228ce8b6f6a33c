// The peer's stand-in for the appliance's POST /report/<attempt>: dom0's own word on how far it is. Run in the rack's
// namespace with an address and a port; prints each report as a line of JSON with the time when it came.

import { createServer } from 'node:http'

const [address = '', port = ''] = process.argv.slice(2)

const server = createServer(async (request, response) => {
  const at = Date.now()
  let body = ''
  for await (const bytes of request) body += String(bytes)
  const [, attempt] = /^\/report\/([^/]+)$/.exec(request.url ?? '') ?? []
  response.writeHead(attempt === undefined ? 404 : 200, { 'content-length': 0 }).end()
  if (attempt !== undefined) process.stdout.write(`${JSON.stringify({ at, attempt, body })}\n`)
})
server.listen(Number(port), address, () => process.stdout.write('listening\n'))
