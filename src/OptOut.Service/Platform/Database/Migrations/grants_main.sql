-- What the service's own login may do, and the sequencer's, which is the same one where none is configured.
-- {service}, {sequencer} and {eraser} are replaced by their quoted names. Run after every migration.
REVOKE ALL ON SCHEMA optout, ledger FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA optout, ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA optout, ledger TO {service};
GRANT SELECT ON ALL TABLES IN SCHEMA optout, ledger TO {service};
GRANT INSERT ON optout.subject, optout.identifier, optout.opt_out_version, optout.reaffirmation, optout.delivery,
    optout.open_delivery, optout.attempt, optout.acknowledgement, optout.rejected_acknowledgement,
    optout.rejected_acknowledgement_count, optout.system, optout.system_status, optout.system_secret, optout.api_key,
    optout.idempotency, optout.reversal_token, optout.approval, optout.purpose, optout.redrive, optout.broker_queue,
    ledger.pending, ledger.opening TO {service};
GRANT UPDATE ON optout.subject, optout.delivery, optout.open_delivery, optout.system, optout.system_status,
    optout.system_secret, optout.registry_revision, optout.api_key, optout.idempotency, optout.reversal_token,
    optout.approval, optout.purpose, optout.redrive, optout.rejected_acknowledgement_count,
    optout.broker_queue TO {service};
GRANT DELETE ON optout.open_delivery, optout.idempotency, optout.reversal_token, optout.system_secret TO {service};

GRANT USAGE ON SCHEMA ledger TO {sequencer};
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO {sequencer};
GRANT INSERT ON ledger.entry, ledger.tile, ledger.checkpoint TO {sequencer};
GRANT DELETE ON ledger.pending TO {sequencer};
GRANT UPDATE ON ledger.head TO {sequencer};

GRANT INSERT ON optout.decision, optout.decision_tally, optout.reconciliation, optout.import_job, optout.import_chunk
    TO {service};
GRANT UPDATE ON optout.decision_tally, optout.import_job, optout.import_chunk TO {service};
GRANT DELETE ON optout.import_chunk TO {service};
GRANT INSERT, UPDATE ON optout.rule_state, optout.finding, optout.alert, optout.incident, optout.probe,
    optout.probe_system TO {service};
GRANT INSERT, DELETE ON optout.opt_out_minute TO {service};
GRANT UPDATE ON ledger.standing TO {service};
GRANT INSERT, UPDATE ON ledger.recovery TO {service};
GRANT INSERT ON ledger.cosignature, optout.erasure TO {service};

GRANT USAGE ON SCHEMA optout, ledger TO {eraser};
GRANT SELECT ON optout.subject, optout.identifier, optout.erasure, ledger.opening TO {eraser};
GRANT UPDATE ON optout.erasure TO {eraser};
GRANT UPDATE (value_ciphertext) ON optout.identifier TO {eraser};
GRANT DELETE ON ledger.opening TO {eraser};
GRANT INSERT ON ledger.pending, ledger.opening TO {eraser};
GRANT INSERT ON optout.report TO {service};

GRANT INSERT ON optout.read_back, optout.read_back_answer TO {service};
GRANT UPDATE, DELETE ON optout.read_back TO {service};
GRANT INSERT ON optout.resend TO {service};
GRANT INSERT ON optout.master_key TO {service};
