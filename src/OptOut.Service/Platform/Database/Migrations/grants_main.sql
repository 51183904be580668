-- What the service's own login may do; {service} is replaced by its quoted name. Run after every migration.
REVOKE ALL ON SCHEMA optout, ledger FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA optout, ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA optout, ledger TO {service};
GRANT SELECT ON ALL TABLES IN SCHEMA optout, ledger TO {service};
GRANT INSERT ON optout.subject, optout.identifier, optout.opt_out_version, optout.delivery, optout.open_delivery,
    optout.attempt, optout.acknowledgement, optout.rejected_acknowledgement, optout.system, optout.system_status,
    optout.system_secret, optout.api_key, optout.idempotency, optout.reversal_token, optout.approval, optout.purpose,
    optout.redrive, ledger.pending, ledger.opening TO {service};
GRANT UPDATE ON optout.subject, optout.delivery, optout.open_delivery, optout.system, optout.system_status,
    optout.system_secret, optout.registry_revision, optout.api_key, optout.idempotency, optout.reversal_token,
    optout.approval, optout.purpose, optout.redrive TO {service};
GRANT DELETE ON optout.open_delivery, optout.idempotency, optout.reversal_token, optout.system_secret TO {service};
