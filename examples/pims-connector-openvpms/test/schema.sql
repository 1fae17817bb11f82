-- The tables and columns of OpenVPMS that the connector reads, and one that it must never read.
CREATE TABLE entities (entity_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, version BIGINT NOT NULL DEFAULT 0,
  arch_short_name VARCHAR(100) NOT NULL, name VARCHAR(100), description VARCHAR(255), active BIT(1),
  KEY by_kind (arch_short_name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE entity_details (entity_id BIGINT NOT NULL, type VARCHAR(255) NOT NULL, value VARCHAR(5000) NOT NULL,
  name VARCHAR(255) NOT NULL, PRIMARY KEY (entity_id, name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE entity_relationships (entity_relationship_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  arch_short_name VARCHAR(100) NOT NULL, source_id BIGINT, target_id BIGINT, active_start_time DATETIME,
  active_end_time DATETIME, KEY by_source (source_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE entity_classifications (entity_id BIGINT NOT NULL, lookup_id BIGINT NOT NULL,
  PRIMARY KEY (entity_id, lookup_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE contacts (contact_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, version BIGINT NOT NULL DEFAULT 0,
  party_id BIGINT, arch_short_name VARCHAR(100) NOT NULL, name VARCHAR(255), active BIT(1), active_start_time DATE,
  active_end_time DATE, KEY by_party (party_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE contact_details (contact_id BIGINT NOT NULL, type VARCHAR(255) NOT NULL, value VARCHAR(5000) NOT NULL,
  name VARCHAR(255) NOT NULL, PRIMARY KEY (contact_id, name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE contact_classifications (contact_id BIGINT NOT NULL, lookup_id BIGINT NOT NULL,
  PRIMARY KEY (contact_id, lookup_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE lookups (lookup_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, arch_short_name VARCHAR(100) NOT NULL,
  code VARCHAR(100) NOT NULL, name VARCHAR(255), active BIT(1), UNIQUE KEY (arch_short_name, code))
  ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO lookups (lookup_id, arch_short_name, code, name, active) VALUES
  (1, 'lookup.contactPurpose', 'CORRESPONDENCE', 'Correspondence', 1), (2, 'lookup.contactPurpose', 'HOME', 'Home', 1),
  (3, 'lookup.species', 'CANINE', 'Canine', 1), (4, 'lookup.species', 'FELINE', 'Feline', 1),
  (5, 'lookup.breed', 'BEAGLE', 'Beagle', 1), (6, 'lookup.personTitle', 'MS', 'Ms', 1),
  (7, 'lookup.customerAccountType', 'SHELTER', 'Shelter', 1);
