"""The paper's tables: runs trained, collected and rendered. No TensorFlow."""
