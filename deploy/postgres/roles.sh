#!/bin/bash
# Runs once, on the empty cluster: the owner migrates, the service works, and the wrapped keys of subjects lie in a
# database of their own, so that a dump of the main one cannot undo an erasure.
set -euo pipefail
owner=$(cat /run/secrets/postgres-owner)
service=$(cat /run/secrets/postgres-service)
psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE ROLE optout_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$owner';
CREATE ROLE optout_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$service';
CREATE DATABASE optout OWNER optout_owner;
CREATE DATABASE optout_keys OWNER optout_owner;
REVOKE ALL ON DATABASE optout, optout_keys FROM PUBLIC;
GRANT CONNECT ON DATABASE optout, optout_keys TO optout_service;
SQL
