# document 004, section B.1
while not converged:
    for each sample (x, y) in training_data:
        - Compute the gradient of the loss function with respect to the model parameters
        - Update the model parameters using the gradient and learning rate
