-- What a window hands on to others is read from the log when it is needed.
DROP TABLE tallies;
