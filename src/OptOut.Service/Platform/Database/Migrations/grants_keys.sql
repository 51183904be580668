-- The service may add and read wrapped keys; destroying one is the eraser's act.
REVOKE ALL ON SCHEMA optout FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA optout FROM PUBLIC;
GRANT USAGE ON SCHEMA optout TO {service};
GRANT SELECT, INSERT ON optout.subject_key TO {service};
GRANT SELECT ON optout.__migrations TO {service};
GRANT USAGE ON SCHEMA optout TO {eraser};
GRANT SELECT, DELETE ON optout.subject_key TO {eraser};
