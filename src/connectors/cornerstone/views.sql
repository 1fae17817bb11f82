-- The views that pims-sync reads in Cornerstone, and a login that may read nothing else.
--
-- This is a template for the person who installs pims-sync at a practice. IDEXX does not publish Cornerstone's tables,
-- and they differ by version, so replace every name in <angle brackets> with a name from the database. Keep the names
-- after AS (the views' own columns), because the connector reads them. If Cornerstone has no value for a column, write
-- NULL.
--
-- Engine: SAP SQL Anywhere. Ask the practice and IDEXX first: IDEXX sanctions only its own services.
--
-- 1. List the columns (with any login that may read the catalog):
--
--      SELECT t.table_name, c.column_name, d.domain_name
--        FROM SYS.SYSTABCOL c
--        JOIN SYS.SYSTAB t    ON t.table_id = c.table_id
--        JOIN SYS.SYSDOMAIN d ON d.domain_id = c.domain_id
--       WHERE LOWER(c.column_name) LIKE '%mail%' OR LOWER(c.column_name) LIKE '%species%'
--       ORDER BY t.table_name, c.column_id;
--
--    "pims-sync discover <practice>" does the same and proposes the rest.
--
-- 2. As the owner of the tables, in Interactive SQL (dbisql), create the login and the views.

-- A login that can only connect. Use a long random password; it goes into the environment of pims-sync.
CREATE USER pims_sync IDENTIFIED BY '<password>';

-- client_key is Cornerstone's internal key, not the Client ID that staff see: Tools > Change IDs can change that one.
CREATE VIEW pp_client AS
SELECT c.<internal client key>        AS client_key,
       c.<client ID>                  AS client_number,
       c.<title>                      AS title,
       c.<first name>                 AS first_name,
       c.<last name>                  AS last_name,
       c.<spouse first name>          AS spouse_first,
       c.<spouse last name>           AS spouse_last,
       c.<email>                      AS email,
       c.<phone 1>                    AS phone1,
       c.<phone 1 description>        AS phone1_label,
       c.<phone 2>                    AS phone2,
       c.<phone 2 description>        AS phone2_label,
       c.<phone 3>                    AS phone3,
       c.<phone 3 description>        AS phone3_label,
       -- 1 or 0. If the status is a code: CASE WHEN c.<status> = 'I' THEN 1 ELSE 0 END
       c.<inactive flag>              AS is_inactive,
       -- The classification's code; the practice's policy names the ones that get no Welcome Email.
       c.<classification>             AS classification,
       -- 1 if the client wants reminders; 0 blocks the Welcome Email.
       c.<send reminders flag>        AS sends_reminders,
       -- Up to 3 characters. With several practices in one database (MLSD), `practice:` in the settings selects one.
       c.<practice ID>                AS practice_id,
       c.<date entered>               AS created_at
  FROM <owner>.<client table> c;

CREATE VIEW pp_patient AS
SELECT p.<internal patient key>       AS patient_key,
       p.<patient name>               AS name,
       s.<species description>        AS species,
       b.<breed description>          AS breed,
       -- A code or a word: M, F, MN, FS, "Male Neutered". Codes of this practice alone go under
       -- `mapping: { codes: { sex: ... } }`.
       p.<sex>                        AS sex,
       -- 1, 0 or NULL. With NULL the sex code decides.
       NULL                           AS is_neutered,
       p.<birth date>                 AS birth_date,
       p.<death date>                 AS death_date,
       p.<inactive flag>              AS is_inactive
  FROM <owner>.<patient table> p
  LEFT JOIN <owner>.<species table> s ON s.<species key> = p.<species key>
  LEFT JOIN <owner>.<breed table> b   ON b.<breed key> = p.<breed key>;

-- One row for each owner of each patient. The shares of a patient sum to 100.
CREATE VIEW pp_ownership AS
SELECT o.<internal patient key>       AS patient_key,
       o.<internal client key>        AS client_key,
       o.<ownership percentage>       AS ownership_pct,
       -- 1 for the primary owner. With NULL the share decides (100 is primary).
       o.<primary flag>               AS is_primary,
       o.<send reminders flag>        AS gets_reminders
  FROM <owner>.<patient owner table> o;

GRANT SELECT ON pp_client TO pims_sync;
GRANT SELECT ON pp_patient TO pims_sync;
GRANT SELECT ON pp_ownership TO pims_sync;

-- 3. The views belong to the user who ran this. Name that owner in the practice's configuration, or let the login find
--    the views by group:
--
--      mapping:
--        clients: { table: dba.pp_client }
--        pets: { table: dba.pp_patient }
--        ownerships: { table: dba.pp_ownership }
--
-- 4. Prove it: pims-sync check <practice>
--
-- To remove everything: DROP VIEW pp_ownership; DROP VIEW pp_patient; DROP VIEW pp_client; DROP USER pims_sync;
