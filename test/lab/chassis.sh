#!/bin/sh
# The chassis control program of ipmi_sim: hands each request ("get power", "set power 1", "set reset 1") to the lab.
# Usage: chassis.sh SOCKET NODE BMC-ADDRESS get|set …
socket=$1 node=$2
shift 3
exec curl --silent --fail --max-time 20 --unix-socket "$socket" --data-binary "$*" "http://lab/$node"
